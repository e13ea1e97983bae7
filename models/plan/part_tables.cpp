#include "models/plan/part_tables.h"

namespace twinlink::models {
namespace {

LaneId add_lane(PlanBuilder& builder, const Lane& lane, const std::vector<KernelId>& kernels) {
  switch (lane.engine) {
    case Engine::sm:
      return builder.add_sm_lane(
          kernels[lane.kernel.index()],
          {lane.ctas, lane.threads, lane.vector_bytes, lane.loads_in_flight});
    case Engine::copy: return builder.add_copy_lane(lane.rank, lane.queue, lane.launch);
    case Engine::nic: return builder.add_nic_lane(lane.rank, lane.queue, lane.launch);
    case Engine::library: return builder.add_library_lane(lane.rank, lane.queue, lane.launch);
  }
  return {};
}

std::uint32_t detail_of(const Op& op, const PartTables& tables) {
  switch (op.kind) {
    case OpKind::barrier: return tables.rendezvous[op.detail];
    case OpKind::library: return tables.library_calls[op.detail];
    case OpKind::copy:
    case OpKind::reduce:
    case OpKind::scan_reduce:
    case OpKind::compute:
    case OpKind::multimem_reduce:
    case OpKind::multimem_store: break;
  }
  return op.detail;
}

}  // namespace

PartTables add_tables(PlanBuilder& builder, const Plan& part, bool own_lanes) {
  PartTables tables;
  for (const Group& group : part.groups) tables.groups.push_back(builder.add_group(group.members));
  for (const Rendezvous& r : part.rendezvous)
    tables.rendezvous.push_back(builder.add_rendezvous({tables.groups[r.group.index()], r.edge}));
  for (LibraryCall call : part.library_calls) {
    call.group = tables.groups[call.group.index()];
    tables.library_calls.push_back(builder.add_library_call(std::move(call)));
  }
  if (!own_lanes) return tables;
  std::vector<KernelId> kernels;
  for (const Kernel& kernel : part.kernels) kernels.push_back(builder.add_kernel(kernel));
  for (const Lane& lane : part.lanes) tables.lanes.push_back(add_lane(builder, lane, kernels));
  return tables;
}

OpId append_op(PlanBuilder& builder, const Plan& part, OpId id, const PartTables& tables,
               const PlacedOp& at) {
  const Op& op = part.op(id);
  const LaneId lane = tables.lanes[op.lane.index()];
  if (op.kind == OpKind::compute)
    return builder.compute(lane, part.computes[op.detail], at.sources, at.destinations, at.deps);
  Op head = op;
  head.lane = lane;
  head.detail = detail_of(op, tables);
  return builder.append(head, at.sources, at.destinations, at.deps);
}

}  // namespace twinlink::models
