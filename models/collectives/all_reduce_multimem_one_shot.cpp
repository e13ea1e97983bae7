#include "models/collectives/all_reduce_multimem_one_shot.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

void load_sums(PlanBuilder& builder, CollectiveGroup& group) {
  std::vector<Slice> sources;
  for (std::size_t m = 0; m < group.size(); ++m)
    sources.push_back(group.whole(group.member(m).input));
  for (std::size_t r = 0; r < group.size(); ++r) {
    const Slice destination = group.whole(group.member(r).output);
    builder.multimem_reduce(group.member(r).lane, sources, std::span(&destination, 1), {});
  }
  group.meet(Edge::flag_relaxed);
}

}  // namespace

Plan build_all_reduce_multimem_one_shot(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "multimem_one_shot");
  builder.reserve_ops(plan_size_all_reduce_multimem_one_shot(request));
  meet_then(builder, request, load_sums);
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_multimem_one_shot(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    return {1, members * (members - 1), request.bytes, request.bytes * members, 0};
  });
}

double closed_form_all_reduce_multimem_one_shot(const CollectiveRequest& request,
                                                const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1) return 0.0;
    return costs.alpha + static_cast<double>((request.bytes * members).count) * costs.beta;
  });
}

OpCounts plan_size_all_reduce_multimem_one_shot(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {3 * members, members * (members + 1), 0};
  });
}

}  // namespace twinlink::models
