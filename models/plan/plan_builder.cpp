#include "models/plan/plan_builder.h"

#include <numeric>

#include "topology/error.h"
#include "topology/large_pages.h"

namespace twinlink::models {
namespace {

std::vector<std::int32_t> identity_mapping(int ranks) {
  TL_ENSURE(ranks >= 0 && ranks <= kPlanLimits.ranks, "rank count within the plan's limits");
  std::vector<std::int32_t> gpu_of_rank(static_cast<std::size_t>(ranks));
  std::iota(gpu_of_rank.begin(), gpu_of_rank.end(), 0);
  return gpu_of_rank;
}

void ensure_inside(const Plan& plan, const Slice& slice) {
  TL_ENSURE(slice.buffer.valid() && slice.buffer.index() < plan.buffers.size(),
            "slice names a buffer");
  const Bytes size = plan.buffer(slice.buffer).size;
  TL_ENSURE(slice.offset.count >= 0 && slice.size.count >= 0 && slice.offset.count <= size.count &&
                slice.size.count <= size.count - slice.offset.count,
            "slice lies inside its buffer");
}

}  // namespace

PlanBuilder::PlanBuilder(std::string name, int ranks)
    : PlanBuilder(std::move(name), identity_mapping(ranks)) {}

PlanBuilder::PlanBuilder(std::string name, std::vector<std::int32_t> gpu_of_rank) {
  plan_.name = std::move(name);
  plan_.gpu_of_rank = std::move(gpu_of_rank);
}

void PlanBuilder::reserve_ops(const OpCounts& counts) {
  reserve_large(plan_.ops, counts.ops);
  reserve_large(plan_.slices, counts.slices);
  reserve_large(plan_.deps, counts.deps);
  plan_.buffers.reserve(counts.buffers);
}

void PlanBuilder::reserve_members(std::size_t members) {
  plan_.kernels.reserve(members);
  plan_.lanes.reserve(members);
  plan_.buffers.reserve(2 * members);
}

GroupId PlanBuilder::add_group(std::vector<Rank> members) {
  plan_.groups.push_back({std::move(members)});
  return GroupId{plan_.groups.size() - 1};
}

void PlanBuilder::add_claim(Claim claim) { plan_.claims.push_back(std::move(claim)); }

BufferId PlanBuilder::add_buffer(Buffer buffer) {
  TL_ENSURE(buffer.rank.valid() && buffer.rank.value < plan_.ranks(),
            "buffer lives on a rank of the plan");
  plan_.buffers.push_back(std::move(buffer));
  return BufferId{plan_.buffers.size() - 1};
}

KernelId PlanBuilder::add_kernel(Kernel kernel) {
  plan_.kernels.push_back(std::move(kernel));
  return KernelId{plan_.kernels.size() - 1};
}

LaneId PlanBuilder::add_sm_lane(KernelId kernel, const LaneShape& shape) {
  const Kernel& k = plan_.kernels[kernel.index()];
  plan_.lanes.push_back({k.rank, Engine::sm, k.launch, shape.vector_bytes, kernel, shape.ctas,
                         shape.threads, shape.loads_in_flight, 0});
  return LaneId{plan_.lanes.size() - 1};
}

LaneId PlanBuilder::add_copy_lane(Rank rank, std::int32_t queue, LaunchMode launch) {
  plan_.lanes.push_back({rank, Engine::copy, launch, 0, KernelId{}, 0, 0, 0, queue});
  return LaneId{plan_.lanes.size() - 1};
}

LaneId PlanBuilder::add_nic_lane(Rank rank, std::int32_t queue, LaunchMode launch) {
  plan_.lanes.push_back({rank, Engine::nic, launch, 0, KernelId{}, 0, 0, 0, queue});
  return LaneId{plan_.lanes.size() - 1};
}

LaneId PlanBuilder::add_library_lane(Rank rank, std::int32_t queue, LaunchMode launch) {
  plan_.lanes.push_back({rank, Engine::library, launch, 0, KernelId{}, 0, 0, 0, queue});
  return LaneId{plan_.lanes.size() - 1};
}

std::uint32_t PlanBuilder::add_library_call(LibraryCall call) {
  plan_.library_calls.push_back(std::move(call));
  return static_cast<std::uint32_t>(plan_.library_calls.size() - 1);
}

std::uint32_t PlanBuilder::add_rendezvous(const Rendezvous& rendezvous) {
  plan_.rendezvous.push_back(rendezvous);
  return static_cast<std::uint32_t>(plan_.rendezvous.size() - 1);
}

OpId PlanBuilder::append(const Op& head, std::span<const Slice> sources,
                         std::span<const Slice> destinations, std::span<const Dep> deps) {
  TL_ENSURE(static_cast<std::int64_t>(plan_.ops.size()) < kPlanLimits.ops,
            "plan within its limit of ops");
  TL_ENSURE(head.lane.valid() && head.lane.index() < plan_.lanes.size(),
            "op runs on a lane of the plan");
  for (const Slice& slice : sources) ensure_inside(plan_, slice);
  for (const Slice& slice : destinations) ensure_inside(plan_, slice);
  for (const Dep& d : deps) TL_ENSURE(d.op < plan_.ops.size(), "dependency points backwards");
  Op& op = plan_.ops.emplace_back(head);
  op.first_slice = static_cast<std::uint32_t>(plan_.slices.size());
  op.first_dep = static_cast<std::uint32_t>(plan_.deps.size());
  op.sources = static_cast<std::uint32_t>(sources.size());
  plan_.slices.insert(plan_.slices.end(), sources.begin(), sources.end());
  plan_.slices.insert(plan_.slices.end(), destinations.begin(), destinations.end());
  plan_.deps.insert(plan_.deps.end(), deps.begin(), deps.end());
  return OpId{plan_.ops.size() - 1};
}

OpId PlanBuilder::copy(LaneId lane, std::span<const Slice> sources,
                       std::span<const Slice> destinations, std::span<const Dep> deps,
                       LoadOrder order) {
  TL_ENSURE(sources.size() == destinations.size() || sources.size() == 1,
            "one destination per source");
  return append({.kind = OpKind::copy, .order = order, .lane = lane}, sources, destinations, deps);
}

OpId PlanBuilder::copy(LaneId lane, const Slice& source, const Slice& destination,
                       std::span<const Dep> deps) {
  return copy(lane, std::span(&source, 1), std::span(&destination, 1), deps);
}

OpId PlanBuilder::reduce(LaneId lane, Operator oper, std::span<const Slice> sources,
                         std::span<const Slice> destinations, std::span<const Dep> deps,
                         LoadOrder order) {
  return append({.kind = OpKind::reduce, .oper = oper, .order = order, .lane = lane}, sources,
                destinations, deps);
}

OpId PlanBuilder::scan_reduce(LaneId lane, Operator oper, std::span<const Slice> sources,
                              std::span<const Slice> destinations, std::span<const Dep> deps) {
  TL_ENSURE(destinations.size() <= sources.size() + 1, "no more prefixes than sources plus one");
  return append({.kind = OpKind::scan_reduce, .oper = oper, .lane = lane}, sources, destinations,
                deps);
}

OpId PlanBuilder::multimem_reduce(LaneId lane, std::span<const Slice> sources,
                                  std::span<const Slice> destinations, std::span<const Dep> deps) {
  return append({.kind = OpKind::multimem_reduce, .oper = Operator::sum, .lane = lane}, sources,
                destinations, deps);
}

OpId PlanBuilder::multimem_store(LaneId lane, const Slice& source,
                                 std::span<const Slice> destinations, std::span<const Dep> deps) {
  return append({.kind = OpKind::multimem_store, .lane = lane}, std::span(&source, 1), destinations,
                deps);
}

OpId PlanBuilder::compute(LaneId lane, Compute work, std::span<const Slice> sources,
                          std::span<const Slice> destinations, std::span<const Dep> deps) {
  plan_.computes.push_back(std::move(work));
  const auto detail = static_cast<std::uint32_t>(plan_.computes.size() - 1);
  return append({.kind = OpKind::compute, .lane = lane, .detail = detail}, sources, destinations,
                deps);
}

OpId PlanBuilder::library(LaneId lane, std::uint32_t call, const Slice& source,
                          const Slice& destination, std::span<const Dep> deps) {
  TL_ENSURE(call < plan_.library_calls.size(), "op names a library call of the plan");
  return append({.kind = OpKind::library, .lane = lane, .detail = call}, std::span(&source, 1),
                std::span(&destination, 1), deps);
}

OpId PlanBuilder::barrier(LaneId lane, std::uint32_t rendezvous, std::span<const Dep> deps) {
  TL_ENSURE(rendezvous < plan_.rendezvous.size(), "barrier names a rendezvous of the plan");
  return append({.kind = OpKind::barrier, .lane = lane, .detail = rendezvous}, {}, {}, deps);
}

}  // namespace twinlink::models
