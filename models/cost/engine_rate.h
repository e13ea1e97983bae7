#pragma once
// What copy engines and the channels of a library's kernels pay and reach, unloaded. Rates are
// bytes per second, infinity where the profile has none.
#include "models/cost/calibration.h"
#include "models/cost/traffic.h"
#include "models/plan/plan.h"

namespace twinlink::models {

double channel_cap(const CalibrationProfile& profile, const Lane& lane);

Duration copy_issue(const CalibrationProfile& profile, const TrafficShape& shape);
double copy_cap(const CalibrationProfile& profile, const TrafficShape& shape);
// In weighted max-min sharing. Within a GPU an engine takes two thirds of HBM from a kernel that
// fills it: such a kernel's weight is its natural rate, and a local copy passes HBM twice per byte.
double copy_weight_of(const CalibrationProfile& profile, const TrafficShape& shape);

}  // namespace twinlink::models
