#pragma once
// What a GPU draws, and the clock that its power limit leaves it.
//
//   power  idle + (the hungriest kind of compute work active - idle)
//               + (communication - idle) / 2 for transfers in, and as much for transfers out
//   clock  1 up to the limit, then (limit / power)^(1/3)
// Power is counted as at full clock; it falls as f V^2, and the voltage V with the clock f, so by
// f^3. On the one published pair (attention beside communication on GB200, 114.4 % of the limit,
// clock 0.963; arXiv 2604.01621, appendix A) the sum gives 114.3 % and the law 0.956. Compute ops
// that run at once share the SMs, so they draw what the hungriest of them would alone. A constant
// of 0 adds nothing. Not modelled: temperature, the power of racks, slower work drawing less.
#include <array>

#include "models/cost/calibration.h"
#include "models/plan/plan.h"

namespace twinlink::models {

struct PowerModel {
  double limit = 0, idle = 0;    // W
  std::array<double, 5> work{};  // W above idle, by WorkKind; plain: 0
  double communication = 0;      // W above idle, in and out together
  Duration clock_time;

  // The most that a GPU can draw under this plan: below the limit its clock never moves.
  [[nodiscard]] double most(const Plan& plan) const;
  // Share of the full clock that the limit leaves at this power.
  [[nodiscard]] double clock_at(double watts) const;
};

// The constant that says what this kind of work draws; plain work draws what an idle GPU does.
Constant CalibrationProfile::*power_of(WorkKind work);

PowerModel power_model(const CalibrationProfile& profile);

}  // namespace twinlink::models
