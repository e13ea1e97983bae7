#include "models/cost/kept_list.h"

#include <algorithm>

namespace twinlink::models {

std::vector<bool> kept_lists(const Plan& plan) {
  const bool inline_data = std::any_of(plan.deps.begin(), plan.deps.end(), [](const Dep& d) {
    return d.kind() == Edge::inline_ll || d.kind() == Edge::inline_ll128;
  });
  if (!inline_data || plan.gpu_of_rank.empty()) return {};
  const auto highest = *std::max_element(plan.gpu_of_rank.begin(), plan.gpu_of_rank.end());
  std::vector<int> threads(static_cast<std::size_t>(highest) + 1);
  for (const Lane& lane : plan.lanes) {
    if (lane.engine != Engine::sm) continue;
    int& most = threads[static_cast<std::size_t>(plan.gpu_of(lane.rank))];
    most = std::max<int>(most, lane.threads);
  }
  std::vector<bool> kept;
  for (const int most : threads) kept.push_back(keeps_list(true, most));
  return kept;
}

const Constant& step_of(const CalibrationProfile& profile, const std::vector<bool>& kept,
                        std::int32_t gpu) {
  const bool keeps = !kept.empty() && kept[static_cast<std::size_t>(gpu)];
  return keeps ? profile.op_step_kept : profile.op_step;
}

}  // namespace twinlink::models
