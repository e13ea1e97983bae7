#pragma once
// The constants of a profile that a plan's kinds of work touch: whose provenance its time has.
#include <vector>

#include "models/cost/calibration.h"
#include "models/plan/plan.h"
#include "topology/topology.h"

namespace twinlink::models {

// May name a constant more than once.
std::vector<Constant CalibrationProfile::*> constants_used(const topology::Topology& topology,
                                                           const CalibrationProfile& profile,
                                                           const Plan& plan);

}  // namespace twinlink::models
