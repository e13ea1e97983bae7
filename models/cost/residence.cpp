#include "models/cost/residence.h"

#include <algorithm>
#include <limits>

#include "models/cost/compute_cost.h"
#include "models/cost/read_again.h"

namespace twinlink::models {
namespace {

struct Hull {
  std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = 0;
  [[nodiscard]] std::int64_t bytes() const { return std::max<std::int64_t>(0, last - first); }
};

std::vector<Hull> touched(const Plan& plan) {
  std::vector<Hull> hulls(plan.buffers.size());
  for (const Slice& s : plan.slices) {
    if (s.size.count == 0) continue;
    Hull& hull = hulls[s.buffer.index()];
    hull.first = std::min(hull.first, s.offset.count);
    hull.last = std::max(hull.last, s.offset.count + s.size.count);
  }
  return hulls;
}

}  // namespace

std::vector<bool> resident_gpus(const CalibrationProfile& profile, const Plan& plan) {
  if (profile.l2.value <= 0 || plan.gpu_of_rank.empty()) return {};
  const auto highest = *std::max_element(plan.gpu_of_rank.begin(), plan.gpu_of_rank.end());
  std::vector<double> bytes(static_cast<std::size_t>(highest) + 1);
  const std::vector<Hull> hulls = touched(plan);
  for (std::size_t b = 0; b < hulls.size(); ++b)
    bytes[static_cast<std::size_t>(plan.gpu_of(plan.buffers[b].rank))] +=
        static_cast<double>(hulls[b].bytes());
  std::vector<bool> resident;
  for (const double of_gpu : bytes)
    resident.push_back(of_gpu <= profile.l2.value * static_cast<double>(gib(1).count));
  return resident;
}

double resident_share(const CalibrationProfile& profile) {
  return profile.l2_rate.value > 0 ? reached_hbm(profile) / (profile.l2_rate.value * 1e9) : 1;
}

MemoryView memory_view(const CalibrationProfile& profile, const Plan& plan) {
  return {profile.hbm.value > 0, resident_gpus(profile, plan), resident_share(profile),
          profile.hbm_turn.value, read_again(profile, plan)};
}

}  // namespace twinlink::models
