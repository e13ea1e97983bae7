#include "models/library/nccl_subplan.h"

#include <algorithm>

#include "models/cost/cost_model.h"
#include "models/plan/plan_builder.h"

namespace twinlink::models {
namespace {

Protocol protocol_of(const NcclChoice& choice) {
  switch (choice.protocol) {
    case NcclProtocol::ll: return Protocol::ll;
    case NcclProtocol::ll128: return Protocol::ll128;
    case NcclProtocol::simple: break;
  }
  return Protocol::simple;
}

// Pairs start as fast as LL, apart from their channels: they meet no one but their peer.
const char* start_name(const NcclChoice& choice) {
  if (choice.algorithm == NcclAlgorithm::nvls) return kNcclStartNvls;
  if (choice.algorithm == NcclAlgorithm::p2p) return kNcclStartLl;
  switch (choice.protocol) {
    case NcclProtocol::ll: return kNcclStartLl;
    case NcclProtocol::ll128: return kNcclStartLl128;
    case NcclProtocol::simple: break;
  }
  return kNcclStartSimple;
}

}  // namespace

NcclSubplan::NcclSubplan(Plan& plan, NcclCall& call, const Shape& shape)
    : plan_(plan),
      call_(call),
      shape_(shape),
      element_(size_of(plan.buffer(call.members.front().in.buffer).element)) {
  const std::string name = "nccl " + std::string(name_of(call.operation)) + " " +
                           std::string(name_of(call.choice.algorithm)) + " " +
                           std::string(name_of(call.choice.protocol));
  for (std::size_t m = 0; m < size(); ++m) {
    const KernelId kernel{plan.kernels.size()};
    plan.kernels.push_back({member(m).rank, member(m).launch, name});
    control_.push_back(add_lane(m, kernel, {1, call.choice.threads, Protocol::plain}));
    for (int lane = 0; lane < lanes(); ++lane) {
      const int threads = shape.threads[static_cast<std::size_t>(lane / shape.channels)];
      channel_.push_back(add_lane(
          m, kernel,
          {shape.ctas, threads > 0 ? threads : call.choice.threads, protocol_of(call.choice)}));
    }
  }
  latest_.resize(channel_.size());
  ready_.resize(channel_.size());
  plan.computes.push_back({start_name(call.choice), 0, {}});
  plan.computes.push_back({kNcclStartChannel, 0, {}});
  for (std::size_t m = 0; m < size(); ++m) start(m);
}

LaneId NcclSubplan::add_lane(std::size_t m, KernelId kernel, const LaneShape& shape) {
  const auto threads = static_cast<std::int16_t>(std::max(32, shape.threads));
  plan_.lanes.push_back({member(m).rank, Engine::sm, member(m).launch, 16, kernel, shape.ctas,
                         threads, 4, 0, shape.protocol});
  return LaneId{plan_.lanes.size() - 1};
}

OpId NcclSubplan::append(Op op, std::span<const Slice> sources,
                         std::span<const Slice> destinations) {
  op.first_slice = static_cast<std::uint32_t>(plan_.slices.size());
  op.first_dep = static_cast<std::uint32_t>(plan_.deps.size());
  op.sources = static_cast<std::uint32_t>(sources.size());
  plan_.slices.insert(plan_.slices.end(), sources.begin(), sources.end());
  plan_.slices.insert(plan_.slices.end(), destinations.begin(), destinations.end());
  plan_.ops.push_back(op);
  return OpId{plan_.ops.size() - 1};
}

void NcclSubplan::start(std::size_t m) {
  CallMember& own = call_.members[m];
  const auto computes = static_cast<std::uint32_t>(plan_.computes.size());
  OpId ready = own.first = start_op(m, computes - 2);
  plan_.deps.insert(plan_.deps.end(), own.after.begin(), own.after.end());
  const bool one_by_one = protocol_of(call_.choice) == Protocol::simple &&
                          call_.choice.algorithm != NcclAlgorithm::nvls;
  for (int channel = 0; channel < shape_.channels; ++channel) {
    for (int cta = 0; cta < shape_.ctas && one_by_one; ++cta) ready = start_op(m, computes - 1);
    for (int role = 0; role < shape_.roles; ++role)
      ready_[slot({m, role * shape_.channels + channel})] = ready;
  }
}

OpId NcclSubplan::start_op(std::size_t m, std::uint32_t compute) {
  return append({.kind = OpKind::compute, .lane = control_[m], .detail = compute}, {}, {});
}

void NcclSubplan::finish() {
  for (std::size_t m = 0; m < size(); ++m) {
    CallMember& own = call_.members[m];
    Slice in = own.in, out = own.out;
    in.size = out.size = {};
    own.last =
        append({.kind = OpKind::copy, .lane = control_[m]}, std::span(&in, 1), std::span(&out, 1));
    for (int lane = 0; lane < lanes(); ++lane) {
      const OpId latest = latest_[slot({m, lane})];
      if (latest.valid()) plan_.deps.push_back(dep(latest));
    }
  }
}

Edge NcclSubplan::edge() const {
  switch (protocol_of(call_.choice)) {
    case Protocol::ll: return Edge::inline_ll;
    case Protocol::ll128: return Edge::inline_ll128;
    case Protocol::plain:
    case Protocol::simple: break;
  }
  return Edge::flag_fenced;
}

BufferId NcclSubplan::add_staging(std::size_t m, Bytes size, const char* name) {
  const ElementType element = plan_.buffer(member(m).in.buffer).element;
  plan_.buffers.push_back({member(m).rank, BufferRole::scratch, element, size, name});
  return BufferId{plan_.buffers.size() - 1};
}

Slice NcclSubplan::part(const Slice& whole, std::int64_t index, std::int64_t count) const {
  const Share elements = share(index, count, whole.size.count / element_);
  return {whole.buffer,
          0,
          whole.offset + Bytes{elements.begin * element_},
          {elements.count * element_}};
}

void NcclSubplan::add_deps(const Place& place, std::span<const OpId> after) {
  OpId& latest = latest_[slot(place)];
  if (!latest.valid()) plan_.deps.push_back(dep(ready_[slot(place)]));
  for (const OpId before : after) plan_.deps.push_back(dep(before, edge()));
  latest = OpId{plan_.ops.size() - 1};
}

std::size_t NcclSubplan::slot(const Place& place) const {
  return place.member * static_cast<std::size_t>(lanes()) + static_cast<std::size_t>(place.lane);
}

OpId NcclSubplan::copies(const Place& place, std::span<const Slice> sources,
                         std::span<const Slice> destinations, std::span<const OpId> after) {
  const OpId id =
      append({.kind = OpKind::copy, .lane = channel_[slot(place)]}, sources, destinations);
  add_deps(place, after);
  return id;
}

OpId NcclSubplan::move(const Place& place, std::span<const Slice> sources,
                       std::span<const Slice> destinations, std::span<const OpId> after) {
  Op op{.kind = sources.size() > 1 ? OpKind::reduce : OpKind::copy, .lane = channel_[slot(place)]};
  if (sources.size() > 1) op.oper = Operator::sum;
  const OpId id = append(op, sources, destinations);
  add_deps(place, after);
  return id;
}

OpId NcclSubplan::multimem(const Place& place, std::span<const Slice> sources,
                           std::span<const Slice> destinations, std::span<const OpId> after) {
  Op op{.kind = sources.size() > 1 ? OpKind::multimem_reduce : OpKind::multimem_store,
        .lane = channel_[slot(place)]};
  if (sources.size() > 1) op.oper = Operator::sum;
  const OpId id = append(op, sources, destinations);
  add_deps(place, after);
  return id;
}

}  // namespace twinlink::models
