#include "models/collectives/reduce_scatter_multimem.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

void load_own_sums(PlanBuilder& builder, CollectiveGroup& group) {
  std::vector<Slice> sources(group.size());
  for (std::size_t r = 0; r < group.size(); ++r) {
    if (group.share_is_empty(r)) continue;
    for (std::size_t m = 0; m < group.size(); ++m)
      sources[m] = group.part(group.member(m).input, r);
    const Slice destination = group.whole(group.member(r).output);
    builder.multimem_reduce(group.member(r).lane, sources, std::span(&destination, 1), {});
  }
  group.meet(Edge::flag_relaxed);
}

}  // namespace

Plan build_reduce_scatter_multimem(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "multimem");
  builder.reserve_ops(plan_size_reduce_scatter_multimem(request));
  meet_then(builder, request, load_own_sums);
  return builder.finish();
}

AlgorithmCounts counts_reduce_scatter_multimem(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t shares = filled_shares(request, members);
    if (members == 1 || shares == 0) return {};
    return {1, shares * (members - 1), largest_share(request, members), request.bytes, 0};
  });
}

double closed_form_reduce_scatter_multimem(const CollectiveRequest& request,
                                           const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    return costs.alpha + static_cast<double>(request.bytes.count) * costs.beta;
  });
}

OpCounts plan_size_reduce_scatter_multimem(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {3 * members, members * (members + 1), 0};
  });
}

}  // namespace twinlink::models
