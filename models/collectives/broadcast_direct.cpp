#include "models/collectives/broadcast_direct.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

void push_to_all(PlanBuilder& builder, CollectiveGroup& group) {
  std::vector<Slice> destinations(group.size());
  for (std::size_t k = 0; k < group.size(); ++k)
    destinations[k] = group.whole(group.member(group.ahead(0, k + 1)).output);
  const Slice own = group.whole(group.member(0).input);
  const Dep pushed = dep(builder.copy(group.member(0).lane, std::span(&own, 1), destinations, {}));
  for (std::size_t r = 1; r < group.size(); ++r) group.await(r, std::span(&pushed, 1));
}

}  // namespace

Plan build_broadcast_direct(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "direct");
  builder.reserve_ops(plan_size_broadcast_direct(request));
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    CollectiveGroup group(builder, request, ranks);
    group.add_lanes();
    group.meet(Edge::flag_relaxed);
    if (request.bytes.count > 0) push_to_all(builder, group);
  }
  return builder.finish();
}

AlgorithmCounts counts_broadcast_direct(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t others = members - 1;
    if (others == 0 || request.bytes.count == 0) return {};
    return {1, others, request.bytes, request.bytes * others, 0};
  });
}

double closed_form_broadcast_direct(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    return costs.alpha + static_cast<double>((request.bytes * (members - 1)).count) * costs.beta;
  });
}

OpCounts plan_size_broadcast_direct(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {2 * members, 3 * members, members};
  });
}

}  // namespace twinlink::models
