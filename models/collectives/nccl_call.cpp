#include "models/collectives/nccl_call.h"

#include "models/collectives/group_frame.h"

namespace twinlink::models {
namespace {

Slice whole(const PlanBuilder& builder, BufferId buffer) {
  return {buffer, 0, {}, builder.plan().buffer(buffer).size};
}

}  // namespace

Plan build_nccl_call(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "nccl");
  builder.reserve_ops(plan_size_nccl_call(request));
  std::int32_t queue = 0;
  for (const std::vector<Rank>& group : groups_of(request)) {
    const GroupFrame frame = add_group_frame(builder, request, group);
    const std::uint32_t call = builder.add_library_call({frame.id, request.operation, "nccl"});
    for (const Member& member : frame.members) {
      const LaneId lane = builder.add_library_lane(member.rank, queue, request.launch);
      builder.library(lane, call, whole(builder, member.input), whole(builder, member.output), {});
    }
    ++queue;
  }
  return builder.finish();
}

OpCounts plan_size_nccl_call(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {members, 2 * members, 0};
  });
}

// A call is opaque: the plan itself touches nobody else's memory.
AlgorithmCounts counts_nccl_call(const CollectiveRequest&) { return {}; }

std::string beyond_nccl_call(const CollectiveRequest& request) {
  const bool deals =
      request.operation == Operation::reduce_scatter || request.operation == Operation::all_gather;
  for (const std::int64_t members : group_sizes(request))
    if (deals && elements_of(request) % members != 0)
      return "NCCL deals equal shares; " + std::to_string(elements_of(request)) +
             " elements are not among " + std::to_string(members) + " ranks";
  return {};
}

std::string refuses_nccl_call(const CollectiveRequest& request) {
  if (request.counts.empty()) return {};
  return "an all_to_all with counts is no single call of NCCL. The nearest that works is "
         "\"direct\"";
}

Algorithm nccl_row(Operation operation, std::string_view help) {
  return {"nccl",
          operation,
          help,
          "NVIDIA/nccl v2.27.3-1 src/graph/tuning.cc, src/enqueue.cc",
          "NCCL decides by size and machine",
          build_nccl_call,
          counts_nccl_call,
          nullptr,
          plan_size_nccl_call,
          0,
          Needs::nothing,
          beyond_nccl_call,
          refuses_nccl_call};
}

}  // namespace twinlink::models
