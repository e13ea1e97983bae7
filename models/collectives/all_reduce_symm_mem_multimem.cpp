#include "models/collectives/all_reduce_symm_mem_multimem.h"

#include "models/collectives/shipped_kernels.h"
#include "models/collectives/symm_mem_stages.h"

namespace twinlink::models {
namespace {

constexpr std::int32_t kMultimemBlocks = 8;

void reduce_in_switch(PlanBuilder& builder, LaneId lane, const std::vector<Slice>& share) {
  if (share.size() == 1)
    builder.copy(lane, share, share, {});
  else
    builder.multimem_reduce(lane, share, share, {});
}

}  // namespace

std::string beyond_symm_mem_multimem(const CollectiveRequest& request) {
  return beyond_packs(request);
}

Plan build_all_reduce_symm_mem_multimem(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "symm_mem_multimem");
  builder.reserve_ops(plan_size_all_reduce_symm_mem_multimem(request));
  add_symm_mem_stages(builder, request, kMultimemBlocks, reduce_in_switch);
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_symm_mem_multimem(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t largest = largest_symm_mem_share(request, members).count;
    if (members == 1 || largest == 0) return {};
    const std::int64_t shares = (request.bytes.count + largest - 1) / largest;  // not empty
    const Bytes most{request.bytes.count + largest};
    return {1, 2 * shares * (members - 1), most, most, 0};
  });
}

double closed_form_all_reduce_symm_mem_multimem(const CollectiveRequest& request,
                                                const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const Bytes port = request.bytes + largest_symm_mem_share(request, members);
    return costs.alpha + static_cast<double>(port.count) * costs.beta;
  });
}

OpCounts plan_size_all_reduce_symm_mem_multimem(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {5 * members, 4 * members + 2 * members * members, 2 * members};
  });
}

}  // namespace twinlink::models
