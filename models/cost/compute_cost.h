#pragma once
// What a compute op takes of its GPU, alone and at full clock.
//
//   t_flops  flops / (efficiency of its kind x peak of its precision)
//   t_hbm    hbm_bytes / (memory_efficiency x hbm)
//   seconds  the larger of the two
// A kernel's byte occupies HBM for as long as 1 / memory_efficiency bytes of a copy engine do
// (refreshes and turnarounds take the memory's time), so a kernel that fills HBM and a copy that
// takes b bytes/s beside it make t' = t / (1 - b / hbm), whatever the efficiency.
// Not modelled: caches, tails of waves, the shape of a product. Fixed time is a latency.
#include <string>

#include "models/cost/calibration.h"
#include "models/plan/plan.h"

namespace twinlink::models {

struct ComputeNeed {
  double flop_seconds = 0;  // 0: no FLOPs, or no limit on them
  double hbm_seconds = 0;   // likewise
  [[nodiscard]] double seconds() const {
    return flop_seconds < hbm_seconds ? hbm_seconds : flop_seconds;
  }
};

ComputeNeed compute_need(const CalibrationProfile& profile, const Compute& work);

// The constant that a library's kernel of that name takes to start; null for any other kernel.
const Constant* library_start(const CalibrationProfile& profile, const std::string& kernel);

// Throws UnsupportedError, naming op and constant, if the GPU lacks a precision that the plan
// needs.
void ensure_precisions(const CalibrationProfile& profile, const Plan& plan);

// The constants that this op's rate follows from.
std::vector<Constant CalibrationProfile::*> constants_of(const CalibrationProfile& profile,
                                                         const Compute& work);

}  // namespace twinlink::models
