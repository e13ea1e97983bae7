#pragma once
// Which GPUs' L2 has all that a plan touches of their memory, once it has run before.
//
//   resident   sum over the GPU's buffers of the bytes from the first to the last touched <= l2
//   per byte   reached_hbm / l2_rate of what a byte of HBM takes of the memory's path (1 without
//   l2_rate)
// Bytes mapped to L2 twice (its two halves keep copies) are in `l2`, which is therefore measured,
// not the data sheet's. Not modelled: part of a plan that stays while the rest does not.
#include <vector>

#include "models/cost/calibration.h"
#include "models/cost/traffic.h"
#include "models/plan/plan.h"

namespace twinlink::models {

// By GPU up to the plan's highest; empty where the profile has no l2.
std::vector<bool> resident_gpus(const CalibrationProfile& profile, const Plan& plan);

// What a byte that L2 has takes of the memory's path, in bytes of HBM.
double resident_share(const CalibrationProfile& profile);

// All that a reader of the plan's traffic asks of memory.
MemoryView memory_view(const CalibrationProfile& profile, const Plan& plan);

}  // namespace twinlink::models
