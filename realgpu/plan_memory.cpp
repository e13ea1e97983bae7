#include "realgpu/plan_memory.h"

#include <algorithm>
#include <cstring>

#include "realgpu/product_kernels.h"

namespace twinlink::realgpu {

using models::Slice;

namespace {

// Of a buffer within its process's block.
constexpr std::int64_t kAlignment = 512;

// FNV-1a over 64-bit words, the last one padded.
std::uint64_t add_to_digest(std::uint64_t digest, const std::vector<std::byte>& bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min<std::size_t>(8, bytes.size() - at));
    digest = (digest ^ word) * 0x0000'0100'0000'01b3;
    digest ^= digest >> 29;  // products only carry upwards
  }
  return digest;
}

}  // namespace

PlanMemory::PlanMemory(const models::Plan& plan, const models::Inputs& inputs,
                       ProcessGpus* processes)
    : plan_(plan), inputs_(inputs), processes_(processes) {
  const models::FirstBytes first(plan, inputs);
  if (processes == nullptr)
    place_here();
  else
    place_in_blocks();
  first_bytes_.resize(plan.buffers.size());
  for (std::size_t b = 0; b < plan.buffers.size(); ++b) {
    if (plan.claims.empty() || !is_here(plan.gpu_of(plan.buffers[b].rank))) continue;
    first_bytes_[b].resize(static_cast<std::size_t>(size_of(b)));
    first.fill(BufferId{b}, first_bytes_[b]);
  }
}

std::int64_t PlanMemory::size_of(std::size_t buffer) const {
  return models::storage_bytes(plan_.buffers[buffer], inputs_.arithmetic).count;
}

void PlanMemory::place_here() {
  for (std::size_t b = 0; b < plan_.buffers.size(); ++b) {
    owned_.emplace_back(plan_.gpu_of(plan_.buffers[b].rank), size_of(b));
    buffers_.push_back(owned_.back().span());
  }
}

// Every process finds the same offsets.
void PlanMemory::place_in_blocks() {
  std::vector<std::int64_t> used(static_cast<std::size_t>(processes_->group().size()));
  std::vector<std::int64_t> offsets;
  const auto process_of = [&](std::size_t b) {
    return static_cast<std::size_t>(processes_->process_of(plan_.gpu_of(plan_.buffers[b].rank)));
  };
  for (std::size_t b = 0; b < plan_.buffers.size(); ++b) {
    offsets.push_back(used[process_of(b)]);
    used[process_of(b)] += (size_of(b) + kAlignment - 1) / kAlignment * kAlignment;
  }
  processes_->buffers().reserve(used);
  for (std::size_t b = 0; b < plan_.buffers.size(); ++b)
    buffers_.push_back({processes_->buffers().of(static_cast<int>(process_of(b))) + offsets[b],
                        processes_->device(), size_of(b)});
}

void PlanMemory::reset() const {
  for (std::size_t b = 0; b < buffers_.size(); ++b) {
    if (buffers_[b].bytes == 0 || !is_here(plan_.gpu_of(plan_.buffers[b].rank))) continue;
    if (plan_.claims.empty())
      fill_on_device(b);
    else
      buffers_[b].upload(first_bytes_[b].data(), buffers_[b].bytes);
  }
}

void PlanMemory::fill_on_device(std::size_t b) const {
  const DeviceSpan& buffer = buffers_[b];
  if (plan_.buffers[b].role != models::BufferRole::weights) return buffer.fill(0xFF);
  const DeviceScope scope(buffer.device);
  launch_weights(reinterpret_cast<std::uint16_t*>(buffer.address), buffer.bytes / 2,
                 {static_cast<std::int32_t>(b), 0}, nullptr);
  TL_CUDA(cudaDeviceSynchronize());
}

models::Numbers PlanMemory::verify() const {
  std::vector<std::byte> bytes;
  return models::verify(plan_, inputs_, [&](BufferId id) -> std::span<const std::byte> {
    const DeviceSpan& buffer = buffers_[id.index()];
    bytes.resize(static_cast<std::size_t>(buffer.bytes));
    if (!bytes.empty()) buffer.download(bytes.data(), buffer.bytes);
    return bytes;
  });
}

std::string PlanMemory::digest() const {
  std::uint64_t digest = 0xcbf2'9ce4'8422'2325;
  std::vector<std::byte> bytes;
  for (const models::Claim& claim : plan_.claims)
    for (const BufferId id : claim.outputs) {
      const DeviceSpan& buffer = buffers_[id.index()];
      bytes.resize(static_cast<std::size_t>(buffer.bytes));
      if (!bytes.empty()) buffer.download(bytes.data(), buffer.bytes);
      digest = add_to_digest(digest, bytes);
    }
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4)
    digits += "0123456789abcdef"[(digest >> shift) & 0xF];
  return digits;
}

models::ElementType PlanMemory::type(BufferId buffer) const {
  return models::storage_type(plan_.buffer(buffer), inputs_.arithmetic);
}

std::int64_t PlanMemory::first_element(const Slice& slice) const {
  return slice.offset.count / models::size_of(plan_.buffer(slice.buffer).element);
}

std::int64_t PlanMemory::elements(const Slice& slice) const {
  return slice.size.count / models::size_of(plan_.buffer(slice.buffer).element);
}

std::int64_t PlanMemory::bytes(const Slice& slice) const {
  return elements(slice) * models::size_of(type(slice.buffer));
}

std::byte* PlanMemory::address(const Slice& slice) const {
  return buffers_[slice.buffer.index()].address +
         first_element(slice) * models::size_of(type(slice.buffer));
}

}  // namespace twinlink::realgpu
