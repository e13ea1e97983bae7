#include "realgpu/plan_memory.h"

#include "realgpu/product_kernels.h"

namespace twinlink::realgpu {

using models::Slice;

PlanMemory::PlanMemory(const models::Plan& plan, const models::Inputs& inputs)
    : plan_(plan), inputs_(inputs) {
  const models::FirstBytes first(plan, inputs);
  for (std::size_t b = 0; b < plan.buffers.size(); ++b) {
    const models::Buffer& buffer = plan.buffers[b];
    const std::int64_t size = models::storage_bytes(buffer, inputs.arithmetic).count;
    buffers_.emplace_back(plan.gpu_of(buffer.rank), size);
    if (plan.claims.empty()) continue;
    first_bytes_.emplace_back(static_cast<std::size_t>(size));
    first.fill(BufferId{b}, first_bytes_.back());
  }
}

void PlanMemory::reset() const {
  for (std::size_t b = 0; b < buffers_.size(); ++b) {
    if (buffers_[b].bytes() == 0) continue;
    if (first_bytes_.empty())
      fill_on_device(b);
    else
      buffers_[b].upload(first_bytes_[b].data(), buffers_[b].bytes());
  }
}

void PlanMemory::fill_on_device(std::size_t b) const {
  const DeviceBuffer& buffer = buffers_[b];
  if (plan_.buffers[b].role != models::BufferRole::weights) return buffer.fill(0xFF);
  const DeviceScope scope(buffer.device());
  launch_weights(reinterpret_cast<std::uint16_t*>(buffer.data()), buffer.bytes() / 2,
                 {static_cast<std::int32_t>(b), 0}, nullptr);
  TL_CUDA(cudaDeviceSynchronize());
}

models::Numbers PlanMemory::verify() const {
  std::vector<std::byte> bytes;
  return models::verify(plan_, inputs_, [&](BufferId id) -> std::span<const std::byte> {
    const DeviceBuffer& buffer = buffers_[id.index()];
    bytes.resize(static_cast<std::size_t>(buffer.bytes()));
    if (!bytes.empty()) buffer.download(bytes.data(), buffer.bytes());
    return bytes;
  });
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
  return buffers_[slice.buffer.index()].data() +
         first_element(slice) * models::size_of(type(slice.buffer));
}

}  // namespace twinlink::realgpu
