#include "models/collectives/all_reduce_ca_1stage.h"

#include "models/collectives/all_reduce_one_shot.h"
#include "models/collectives/shipped_kernels.h"

namespace twinlink::models {

std::string beyond_custom_all_reduce(const CollectiveRequest& request) {
  for (const std::int64_t ranks : group_sizes(request))
    if (ranks != 2 && ranks != 4 && ranks != 6 && ranks != 8)
      return "the kernel exists for 2, 4, 6 and 8 ranks, not for " + std::to_string(ranks);
  return beyond_packs(request);
}

Plan build_all_reduce_ca_1stage(const CollectiveRequest& request) {
  CollectiveRequest shaped = request;
  shaped.shape = custom_all_reduce_shape(request.bytes);
  Plan plan = build_all_reduce_one_shot(shaped);
  plan.name = "all_reduce/ca_1stage";
  for (Kernel& kernel : plan.kernels) kernel.name = plan.name;
  return plan;
}

AlgorithmCounts counts_all_reduce_ca_1stage(const CollectiveRequest& request) {
  return counts_all_reduce_one_shot(request);
}

double closed_form_all_reduce_ca_1stage(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs) {
  return closed_form_all_reduce_one_shot(request, costs);
}

OpCounts plan_size_all_reduce_ca_1stage(const CollectiveRequest& request) {
  return plan_size_all_reduce_one_shot(request);
}

}  // namespace twinlink::models
