#include "models/cost/power.h"

#include <algorithm>
#include <cmath>

namespace twinlink::models {
namespace {

// Clocks are multiples of this, so that libraries whose roots differ in the last bit agree.
constexpr double kClockStep = 0x1p-24;

double above(const Constant& constant, const Constant& idle) {
  return std::max(0.0, constant.value - idle.value);
}

}  // namespace

double PowerModel::most(const Plan& plan) const {
  double hungriest = 0;
  for (const Compute& compute : plan.computes)
    hungriest = std::max(hungriest, work[static_cast<std::size_t>(compute.work)]);
  return idle + hungriest + communication;
}

double PowerModel::clock_at(double watts) const {
  if (limit <= 0 || watts <= limit) return 1;
  return std::max(kClockStep, std::round(std::cbrt(limit / watts) / kClockStep) * kClockStep);
}

Constant CalibrationProfile::*power_of(WorkKind work) {
  using Profile = CalibrationProfile;
  switch (work) {
    case WorkKind::plain: return &Profile::power_idle;
    case WorkKind::attention: return &Profile::power_attention;
    case WorkKind::grouped_gemm:
    case WorkKind::dense_gemm: return &Profile::power_gemm;
    case WorkKind::memory: return &Profile::power_memory;
  }
  return &Profile::power_idle;
}

PowerModel power_model(const CalibrationProfile& profile) {
  PowerModel model;
  model.limit = profile.power_limit.value;
  model.idle = profile.power_idle.value;
  for (const Word<WorkKind>& word : words(WorkKind{}))
    model.work[static_cast<std::size_t>(word.value)] =
        above(profile.*power_of(word.value), profile.power_idle);
  model.communication = above(profile.power_communication, profile.power_idle);
  model.clock_time = {std::llround(profile.clock_time.value * 1e6)};
  return model;
}

}  // namespace twinlink::models
