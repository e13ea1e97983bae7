#include "models/collectives/all_reduce_symm_mem_two_shot.h"

#include "models/collectives/shipped_kernels.h"
#include "models/collectives/symm_mem_stages.h"

namespace twinlink::models {
namespace {

constexpr std::int32_t kTwoShotBlocks = 24;

void reduce_own_share(PlanBuilder& builder, LaneId lane, const std::vector<Slice>& share) {
  builder.reduce(lane, Operator::sum, share, share, {});
}

}  // namespace

std::string beyond_symm_mem_two_shot(const CollectiveRequest& request) {
  for (const std::int64_t ranks : group_sizes(request))
    if (ranks != 2 && ranks != 4 && ranks != 8)
      return "the kernel is specialised for 2, 4 and 8 ranks; for " + std::to_string(ranks) +
             " it runs a generic loop";
  return beyond_packs(request);
}

Plan build_all_reduce_symm_mem_two_shot(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "symm_mem_two_shot");
  builder.reserve_ops(plan_size_all_reduce_symm_mem_two_shot(request));
  add_symm_mem_stages(builder, request, kTwoShotBlocks, reduce_own_share);
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_symm_mem_two_shot(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t largest = largest_symm_mem_share(request, members).count;
    if (members == 1 || largest == 0) return {};
    const std::int64_t shares = (request.bytes.count + largest - 1) / largest;  // not empty
    const Bytes most{request.bytes.count + (members - 2) * largest};
    return {1, 2 * shares * (members - 1), most, most, members - 1};
  });
}

double closed_form_all_reduce_symm_mem_two_shot(const CollectiveRequest& request,
                                                const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const auto reduced =
        static_cast<double>((members - 1) * largest_symm_mem_share(request, members).count);
    return costs.alpha + 2 * reduced * costs.beta + reduced * costs.gamma;
  });
}

OpCounts plan_size_all_reduce_symm_mem_two_shot(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {5 * members, 4 * members + 2 * members * members, 2 * members};
  });
}

}  // namespace twinlink::models
