#include "models/collectives/all_reduce_one_shot.h"

#include "models/collectives/group_frame.h"

namespace twinlink::models {
namespace {

void meet(PlanBuilder& builder, const GroupFrame& frame) {
  const std::uint32_t rendezvous = builder.add_rendezvous({frame.id, Edge::flag_relaxed});
  for (const Member& member : frame.members) builder.barrier(member.lane, rendezvous, {});
}

void reduce_all_inputs(PlanBuilder& builder, const CollectiveRequest& request,
                       const GroupFrame& frame) {
  std::vector<Slice> sources;
  for (const Member& member : frame.members)
    sources.push_back({member.input, 0, {}, request.bytes});
  for (const Member& member : frame.members) {
    const Slice destination{member.output, 0, {}, request.bytes};
    builder.reduce(member.lane, Operator::sum, sources, std::span(&destination, 1), {});
  }
}

}  // namespace

Plan build_all_reduce_one_shot(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "one_shot");
  builder.reserve_ops(plan_size_all_reduce_one_shot(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    GroupFrame frame = add_group_frame(builder, request, group);
    add_lanes(builder, request, frame);
    meet(builder, frame);
    reduce_all_inputs(builder, request, frame);
    meet(builder, frame);
  }
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_one_shot(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t others = members - 1;
    const Bytes bytes = request.bytes * others;
    return {others > 0 ? 1 : 0, members * others, bytes, bytes, others};
  });
}

double closed_form_all_reduce_one_shot(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1) return 0.0;
    const double bytes = static_cast<double>(request.bytes.count);
    return costs.alpha + static_cast<double>(members - 1) * bytes * (costs.beta + costs.gamma);
  });
}

OpCounts plan_size_all_reduce_one_shot(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {3 * members, members * (members + 1), 0};
  });
}

}  // namespace twinlink::models
