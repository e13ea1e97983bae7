#pragma once
// Which sources of peers' memory an SM lane has read before and still has in the L1 of its SMs.
//
// A slice is read again if an earlier op of the same lane read the same bytes with the same split
// and nothing has been waited for since (a wait drops L1), and if what each CTA has loaded since
// then, that op included, fits into l1. Such bytes cross no link.
#include <vector>

#include "models/cost/calibration.h"
#include "models/plan/plan.h"

namespace twinlink::models {

// By index in plan.slices; empty where the profile has no l1.
std::vector<bool> read_again(const CalibrationProfile& profile, const Plan& plan);

}  // namespace twinlink::models
