#include "models/collectives/all_gather_direct.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

void push_shares(PlanBuilder& builder, CollectiveGroup& group) {
  std::vector<Slice> destinations(group.size());
  std::vector<OpId> pushed(group.size());
  for (std::size_t r = 0; r < group.size(); ++r) {
    if (group.share_is_empty(r)) continue;
    for (std::size_t k = 0; k < group.size(); ++k)
      destinations[k] = group.part(group.member(group.ahead(r, k + 1)).output, r);
    const Slice own = group.whole(group.member(r).input);
    pushed[r] = builder.copy(group.member(r).lane, std::span(&own, 1), destinations, {});
  }
  group.await_all(pushed);
}

}  // namespace

Plan build_all_gather_direct(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "direct");
  builder.reserve_ops(plan_size_all_gather_direct(request));
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    CollectiveGroup group(builder, request, ranks);
    group.add_lanes();
    group.meet(Edge::flag_relaxed);
    push_shares(builder, group);
  }
  return builder.finish();
}

AlgorithmCounts counts_all_gather_direct(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t shares = filled_shares(request, members);
    if (members == 1 || shares == 0) return {};
    const Bytes in = request.bytes - smallest_share(request, members);
    const Bytes out = largest_share(request, members) * (members - 1);
    return {1, shares * (members - 1), in, out, 0};
  });
}

double closed_form_all_gather_direct(const CollectiveRequest& request,
                                     const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const Bytes sent = largest_share(request, members) * (members - 1);
    return costs.alpha + static_cast<double>(sent.count) * costs.beta;
  });
}

OpCounts plan_size_all_gather_direct(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {3 * members, members * (members + 3), members * (members - 1)};
  });
}

}  // namespace twinlink::models
