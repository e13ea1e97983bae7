#include "realgpu/op_launcher.h"

#include <algorithm>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::Engine;
using models::OpKind;
using models::Slice;

// Larger than the L2 of any GPU we know (H200: 60 MB).
constexpr std::int64_t kWorkBufferBytes = std::int64_t{256} << 20;

Scalar scalar_of(models::ElementType type) {
  switch (type) {
    case models::ElementType::fp32: return Scalar::fp32;
    case models::ElementType::fp64: return Scalar::fp64;
    case models::ElementType::bf16: return Scalar::bf16;
    case models::ElementType::fp16: return Scalar::fp16;
    case models::ElementType::u32: return Scalar::u32;
  }
  return Scalar::fp32;
}

// Factors in the arithmetic of the element type: [source][head].
template <class Number, class Factor>
std::vector<std::byte> table(std::span<const Slice> sources, std::int32_t heads,
                             const Factor& factor) {
  std::vector<std::byte> bytes(sources.size() * static_cast<std::size_t>(heads) * sizeof(Number));
  auto* at = reinterpret_cast<Number*>(bytes.data());
  for (const Slice& source : sources)
    for (std::int32_t h = 0; h < heads; ++h) *at++ = factor(h, source.decay_power);
  return bytes;
}

std::vector<std::byte> factor_table(const models::Inputs& inputs, models::ElementType type,
                                    std::span<const Slice> sources, std::int32_t heads) {
  const auto real = [&](std::int32_t h, std::int32_t power) {
    return models::decay_factor(models::decay(inputs, h), power);
  };
  const auto exact = [&](std::int32_t h, std::int32_t power) {
    return models::exact_decay_factor(models::exact_decay(inputs, h), power);
  };
  switch (scalar_of(type)) {
    case Scalar::fp64: return table<double>(sources, heads, real);
    case Scalar::u32: return table<std::uint32_t>(sources, heads, exact);
    case Scalar::fp32:
    case Scalar::bf16:
    case Scalar::fp16: return table<float>(sources, heads, real);
  }
  return {};
}

UnsupportedError not_supported(OpId op, const std::string& what) {
  return UnsupportedError("op " + std::to_string(op.value) + ": " + what +
                          " does not run on GPUs here yet; --executor sim does");
}

}  // namespace

OpLauncher::OpLauncher(const models::Plan& plan, const models::Inputs& inputs,
                       const PlanMemory& memory)
    : plan_(plan), inputs_(inputs), memory_(memory), shapes_(models::state_shapes(plan)) {
  factors_of_op_.assign(plan.ops.size(), -1);
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].oper == models::Operator::decay_sum) make_factors(OpId{i});
  make_work_buffers();
}

void OpLauncher::make_factors(OpId op) {
  const auto sources = plan_.sources(op);
  if (sources.empty() || does_nothing(op)) return;
  const models::StateShape shape = shapes_[sources.front().buffer.index()];
  const std::int64_t first = memory_.first_element(sources.front());
  for (const Slice& source : sources) {
    const models::StateShape other = shapes_[source.buffer.index()];
    if (other.heads == 0 || other.heads != shape.heads || other.elements != shape.elements ||
        (shape.heads > 1 && memory_.first_element(source) != first))
      throw UnsupportedError("op " + std::to_string(op.value) +
                             ": decay_sum of slices at different places of their states");
  }
  const models::ElementType type = memory_.type(sources.front().buffer);
  const std::vector<std::byte> bytes = factor_table(inputs_, type, sources, shape.heads);
  factors_of_op_[op.index()] = static_cast<std::int32_t>(factors_.size());
  factors_.emplace_back(plan_.gpu_of(plan_.rank_of(op)), static_cast<std::int64_t>(bytes.size()));
  factors_.back().upload(bytes.data(), factors_.back().bytes());
}

void OpLauncher::make_work_buffers() {
  for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
    if (plan_.ops[i].kind != OpKind::compute) continue;
    const int device = plan_.gpu_of(plan_.rank_of(OpId{i}));
    const auto there = [&](const DeviceBuffer& b) { return b.device() == device; };
    if (std::any_of(work_buffers_.begin(), work_buffers_.end(), there)) continue;
    work_buffers_.emplace_back(device, kWorkBufferBytes);
    work_buffers_.back().fill(0x3F);  // fp32 0.747: ordinary numbers
  }
}

bool OpLauncher::does_nothing(OpId op) const {
  switch (plan_.op(op).kind) {
    case OpKind::barrier: return true;
    case OpKind::compute: return false;
    case OpKind::copy:
    case OpKind::reduce:
    case OpKind::scan_reduce:
    case OpKind::multimem_reduce:
    case OpKind::multimem_store:
    case OpKind::library: break;
  }
  const auto destinations = plan_.destinations(op);
  return std::all_of(destinations.begin(), destinations.end(),
                     [](const Slice& slice) { return slice.size.count == 0; });
}

void OpLauncher::launch(OpId op, const Stream& stream, Stamp* stamp) const {
  if (does_nothing(op)) return;
  const DeviceScope scope(stream.device());
  switch (plan_.lane(plan_.op(op).lane).engine) {
    case Engine::sm: return launch_on_sms(op, stream, stamp);
    case Engine::copy: return launch_on_copy_engine(op, stream, stamp);
    case Engine::nic: throw not_supported(op, "a NIC's lane");
    case Engine::library: throw not_supported(op, "a library call");
  }
}

LaunchShape OpLauncher::shape_of(OpId id) const {
  const models::Op& op = plan_.op(id);
  const models::Lane& lane = plan_.lane(op.lane);
  LaunchShape shape;
  shape.ctas = lane.ctas;
  shape.threads = lane.threads;
  shape.vector_bytes = lane.vector_bytes;
  shape.loads = lane.loads_in_flight;
  shape.strided = op.split == models::Split::strided;
  shape.serial = op.order == models::LoadOrder::serial;
  return shape;
}

void OpLauncher::launch_on_sms(OpId op, const Stream& stream, Stamp* stamp) const {
  switch (plan_.op(op).kind) {
    case OpKind::copy: return copy(op, stream, stamp);
    case OpKind::reduce: return fold(op, stream, stamp);
    case OpKind::compute: return work(op, stream, stamp);
    case OpKind::barrier: return;
    case OpKind::scan_reduce: throw not_supported(op, "scan_reduce");
    case OpKind::multimem_reduce:
    case OpKind::multimem_store: throw not_supported(op, "NVLink multicast");
    case OpKind::library: throw not_supported(op, "a library call");
  }
}

void OpLauncher::fold(OpId op, const Stream& stream, Stamp* stamp) const {
  const auto sources = plan_.sources(op);
  const auto destinations = plan_.destinations(op);
  if (sources.size() > kMaxOperands || destinations.size() > kMaxOperands)
    throw UnsupportedError("op " + std::to_string(op.value) + " has more than " +
                           std::to_string(kMaxOperands) + " sources or destinations");
  FoldArgs args;
  for (const Slice& source : sources) {
    TL_ENSURE(memory_.bytes(source) == memory_.bytes(destinations.front()), "slices of one size");
    args.sources[args.source_count++] = memory_.address(source);
  }
  for (const Slice& to : destinations)
    args.destinations[args.destination_count++] = memory_.address(to);
  args.elements = memory_.elements(destinations.front());
  args.stamp = stamp;
  if (const std::int32_t index = factors_of_op_[op.index()]; index >= 0) {
    const models::StateShape shape = shapes_[sources.front().buffer.index()];
    args.factors = factors_[static_cast<std::size_t>(index)].data();
    args.heads = shape.heads;
    args.state_elements = shape.elements;
    args.first_element = memory_.first_element(sources.front());
  }
  launch_fold(scalar_of(memory_.type(destinations.front().buffer)), args, shape_of(op),
              stream.get());
}

void OpLauncher::copy(OpId op, const Stream& stream, Stamp* stamp) const {
  const auto sources = plan_.sources(op);
  const auto destinations = plan_.destinations(op);
  if (destinations.size() > kMaxOperands)
    throw UnsupportedError("op " + std::to_string(op.value) + " copies to more than " +
                           std::to_string(kMaxOperands) + " destinations");
  CopyArgs args;
  args.broadcast = sources.size() == 1 && destinations.size() > 1;
  for (std::size_t i = 0; i < destinations.size(); ++i) {
    const Slice& source = sources[sources.size() == 1 ? 0 : i];
    TL_ENSURE(memory_.bytes(source) == memory_.bytes(destinations[i]), "copies keep sizes");
    if (source.size.count == 0) continue;  // an odd address of no bytes would narrow the others
    args.sources[args.pairs] = memory_.address(source);
    args.bytes[args.pairs] = memory_.bytes(source);
    args.destinations[args.pairs++] = memory_.address(destinations[i]);
  }
  args.stamp = stamp;
  launch_copy(args, shape_of(op), stream.get());
}

void OpLauncher::work(OpId op, const Stream& stream, Stamp* stamp) const {
  const models::Compute& compute = plan_.computes[plan_.op(op).detail];
  for (const DeviceBuffer& buffer : work_buffers_) {
    if (buffer.device() != stream.device()) continue;
    WorkArgs args;
    args.flops = compute.flops;
    args.bytes = compute.hbm_bytes.count;
    args.buffer = buffer.data();
    args.buffer_bytes = buffer.bytes();
    args.sink = reinterpret_cast<float*>(buffer.data());
    args.stamp = stamp;
    launch_work(args, shape_of(op), stream.get());
  }
}

// The driver picks the engine; between devices that is a copy engine. A push or a pull according to
// the device that issues it.
void OpLauncher::launch_on_copy_engine(OpId op, const Stream& stream, Stamp* stamp) const {
  const auto sources = plan_.sources(op);
  const bool clears = plan_.op(op).kind == OpKind::reduce && sources.empty();
  if (plan_.op(op).kind != OpKind::copy && !clears)
    throw UnsupportedError("op " + std::to_string(op.value) +
                           " computes on a copy engine; copy engines only copy");
  if (stamp != nullptr) launch_stamp_start(stamp, stream.get());
  const auto destinations = plan_.destinations(op);
  for (std::size_t i = 0; i < destinations.size(); ++i) {
    const auto size = static_cast<std::size_t>(memory_.bytes(destinations[i]));
    std::byte* to = memory_.address(destinations[i]);
    if (size == 0) continue;
    if (clears) {
      TL_CUDA(cudaMemsetAsync(to, 0, size, stream.get()));
      continue;
    }
    const std::byte* from = memory_.address(sources[sources.size() == 1 ? 0 : i]);
    TL_CUDA(cudaMemcpyAsync(to, from, size, cudaMemcpyDefault, stream.get()));
  }
  if (stamp != nullptr) launch_stamp_end(stamp, stream.get());
}

}  // namespace twinlink::realgpu
