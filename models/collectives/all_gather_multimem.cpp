#include "models/collectives/all_gather_multimem.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

void multicast_shares(PlanBuilder& builder, CollectiveGroup& group) {
  std::vector<Slice> destinations(group.size());
  std::vector<OpId> stored(group.size());
  for (std::size_t r = 0; r < group.size(); ++r) {
    if (group.share_is_empty(r)) continue;
    for (std::size_t m = 0; m < group.size(); ++m)
      destinations[m] = group.part(group.member(m).output, r);
    const Slice own = group.whole(group.member(r).input);
    stored[r] = builder.multimem_store(group.member(r).lane, own, destinations, {});
  }
  group.await_all(stored);
}

}  // namespace

Plan build_all_gather_multimem(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "multimem");
  builder.reserve_ops(plan_size_all_gather_multimem(request));
  meet_then(builder, request, multicast_shares);
  return builder.finish();
}

AlgorithmCounts counts_all_gather_multimem(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t shares = filled_shares(request, members);
    if (members == 1 || shares == 0) return {};
    return {1, shares * (members - 1), request.bytes, largest_share(request, members), 0};
  });
}

double closed_form_all_gather_multimem(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    return costs.alpha + static_cast<double>(request.bytes.count) * costs.beta;
  });
}

OpCounts plan_size_all_gather_multimem(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {3 * members, members * (members + 3), members * (members - 1)};
  });
}

}  // namespace twinlink::models
