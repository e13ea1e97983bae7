#include "models/collectives/broadcast_multimem.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

void multicast_to_all(PlanBuilder& builder, CollectiveGroup& group) {
  std::vector<Slice> destinations(group.size());
  for (std::size_t m = 0; m < group.size(); ++m)
    destinations[m] = group.whole(group.member(m).output);
  const Slice own = group.whole(group.member(0).input);
  const Dep stored = dep(builder.multimem_store(group.member(0).lane, own, destinations, {}));
  for (std::size_t r = 1; r < group.size(); ++r) group.await(r, std::span(&stored, 1));
}

}  // namespace

Plan build_broadcast_multimem(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "multimem");
  builder.reserve_ops(plan_size_broadcast_multimem(request));
  meet_then(builder, request, [&](PlanBuilder& plan, CollectiveGroup& group) {
    if (request.bytes.count > 0) multicast_to_all(plan, group);
  });
  return builder.finish();
}

AlgorithmCounts counts_broadcast_multimem(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1 || request.bytes.count == 0) return {};
    return {1, members - 1, request.bytes, request.bytes, 0};
  });
}

double closed_form_broadcast_multimem(const CollectiveRequest& request,
                                      const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    return costs.alpha + static_cast<double>(request.bytes.count) * costs.beta;
  });
}

OpCounts plan_size_broadcast_multimem(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {2 * members, 3 * members, members};
  });
}

}  // namespace twinlink::models
