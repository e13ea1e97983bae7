#include "realgpu/op_launcher.h"

#include <algorithm>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::Engine;
using models::OpKind;
using models::Slice;

UnsupportedError not_supported(OpId op, const std::string& what) {
  return UnsupportedError("op " + std::to_string(op.value) + ": " + what +
                          " does not run on GPUs here yet; --executor sim does");
}

}  // namespace

OpLauncher::OpLauncher(const models::Plan& plan, const models::Inputs& inputs,
                       const PlanMemory& memory)
    : plan_(plan),
      memory_(memory),
      factors_(plan, inputs, memory),
      work_buffers_(plan),
      products_(plan, memory) {
  if (!plan.library_calls.empty()) nccl_.emplace(plan, memory);
}

void OpLauncher::call(std::span<const OpId> members, std::span<const Stream* const> streams,
                      std::span<Stamp* const> stamps) const {
  const auto mark = [&](void (*put)(Stamp*, cudaStream_t)) {
    for (std::size_t m = 0; m < members.size(); ++m) {
      if (stamps[m] == nullptr) continue;
      const DeviceScope scope(streams[m]->device());
      put(stamps[m], streams[m]->get());
    }
  };
  mark(launch_stamp_start);
  nccl_->issue(members, streams);
  mark(launch_stamp_end);
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
    case Engine::library: break;
  }
  TL_ENSURE(false, "library calls are made for all their members at once");
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
    case OpKind::scan_reduce: return fold(op, stream, stamp);
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
  const DecayFactors::Table& table = factors_.of(op);
  args.factors = table.factors;
  args.heads = table.heads;
  args.state_elements = table.state_elements;
  args.first_element = table.first_element;
  const Scalar scalar = scalar_of(memory_.type(destinations.front().buffer));
  if (plan_.op(op).kind == OpKind::scan_reduce)
    return launch_scan(scalar, args, shape_of(op), stream.get());
  launch_fold(scalar, args, shape_of(op), stream.get());
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

void OpLauncher::compare_products(bool compare) {
  products_.reset();
  compare_products_ = compare;
}

// Work that cannot stamp itself.
void OpLauncher::bracketed(const Stream& stream, Stamp* stamp,
                           const std::function<void()>& issue) const {
  if (stamp != nullptr) launch_stamp_start(stamp, stream.get());
  issue();
  if (stamp != nullptr) launch_stamp_end(stamp, stream.get());
}

// Ops begin at different places of the buffer, so that none finds what the one before left in L2.
WorkArgs OpLauncher::work_args(OpId op, int device, Stamp* stamp) const {
  constexpr std::int64_t kPart = std::int64_t{64} << 20;
  const models::Compute& compute = plan_.computes[plan_.op(op).detail];
  const DeviceBuffer* buffer = work_buffers_.on(device);
  TL_ENSURE(buffer != nullptr, "a device with compute ops has a buffer for them");
  WorkArgs args;
  args.flops = compute.flops;
  args.bytes = compute.hbm_bytes.count;
  args.buffer = buffer->data();
  args.buffer_bytes = buffer->bytes();
  args.first = op.value * kPart % buffer->bytes();
  args.sink = reinterpret_cast<float*>(buffer->data());
  args.stamp = stamp;
  return args;
}

void OpLauncher::work(OpId op, const Stream& stream, Stamp* stamp) const {
  const models::Compute& compute = plan_.computes[plan_.op(op).detail];
  if (compute.fixed.ps > 0 && compute.flops == 0 && compute.hbm_bytes.count == 0)
    return bracketed(stream, stamp, [&] { launch_wait(compute.fixed.ps / 1000, stream.get()); });
  if (products_.serves(op))
    return bracketed(stream, stamp, [&] { products_.issue(op, stream, compare_products_); });
  if (merges(plan_, op)) {
    const models::Slice &from = plan_.sources(op)[0], &to = plan_.destinations(op)[0];
    return bracketed(stream, stamp, [&] {
      TL_CUDA(cudaMemcpyAsync(memory_.address(to), memory_.address(from),
                              static_cast<std::size_t>(memory_.bytes(to)), cudaMemcpyDeviceToDevice,
                              stream.get()));
    });
  }
  const WorkArgs args = work_args(op, stream.device(), stamp);
  switch (compute.work) {
    case models::WorkKind::attention: return launch_attention(args, stream.get());
    case models::WorkKind::memory: return launch_stream_read(args, stream.get());
    case models::WorkKind::plain:
    case models::WorkKind::grouped_gemm:
    case models::WorkKind::dense_gemm: return launch_work(args, shape_of(op), stream.get());
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
