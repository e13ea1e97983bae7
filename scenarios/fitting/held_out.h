#pragma once
// Rows held back from one fit of a whole machine, and how well that fit predicts them.
//
// The split is made over all rows of the machine, whatever their suite: one profile is fitted to
// what is left in. Each suite is judged by itself, on the rows it was fitted to (model "fitted")
// and on those it was not ("held_out"); so is the pool of all that was measured alone, but NCCL.
#include <vector>

#include "analysis/splits.h"
#include "models/cost/calibration.h"
#include "scenarios/fitting/observations.h"
#include "scenarios/fitting/validation.h"

namespace twinlink::scenarios {

struct Halves {
  std::vector<Observation> fit, judge;
};

// The first fold; without one, all rows are fitted and none judged.
Halves hold_out(const std::vector<Observation>& rows, analysis::Split split);

std::vector<Verdict> judge_halves(const Halves& halves, analysis::Split split,
                                  const models::CalibrationProfile& profile);

}  // namespace twinlink::scenarios
