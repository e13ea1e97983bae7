#include "models/collectives/all_reduce_multimem_two_shot.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

void sum_and_multicast(PlanBuilder& builder, CollectiveGroup& group) {
  std::vector<Slice> sources(group.size()), destinations(group.size());
  std::vector<OpId> stored(group.size());
  for (std::size_t r = 0; r < group.size(); ++r) {
    if (group.share_is_empty(r)) continue;
    for (std::size_t m = 0; m < group.size(); ++m) {
      sources[m] = group.part(group.member(m).input, r);
      destinations[m] = group.part(group.member(m).output, r);
    }
    stored[r] = builder.multimem_reduce(group.member(r).lane, sources, destinations, {});
  }
  group.await_all(stored);
}

}  // namespace

Plan build_all_reduce_multimem_two_shot(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "multimem_two_shot");
  builder.reserve_ops(plan_size_all_reduce_multimem_two_shot(request));
  meet_then(builder, request, sum_and_multicast);
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_multimem_two_shot(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t shares = filled_shares(request, members);
    if (members == 1 || shares == 0) return {};
    const Bytes most = request.bytes + largest_share(request, members);
    return {1, 2 * shares * (members - 1), most, most, 0};
  });
}

double closed_form_all_reduce_multimem_two_shot(const CollectiveRequest& request,
                                                const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const Bytes moved = request.bytes + largest_share(request, members);
    return costs.alpha + static_cast<double>(moved.count) * costs.beta;
  });
}

OpCounts plan_size_all_reduce_multimem_two_shot(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {3 * members, 2 * members * members + 2 * members, members * (members - 1)};
  });
}

}  // namespace twinlink::models
