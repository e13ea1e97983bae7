#pragma once
// Fits constants of one machine's profile to measured rows, with the simulator in the loop.
//
// Fitted are the constants that are asked for, or all durations and rates (never counts or peaks;
// wire factors of SMs and copy engines only where rows are single copies) that move some predicted
// time by more than kTouch when they change by a tenth; bounds are a factor of kReach either side.
// Constants of value 0 are not there to be fitted.
#include <string>
#include <vector>

#include "analysis/fit.h"
#include "scenarios/fitting/predictor.h"

namespace twinlink::scenarios {

inline constexpr double kTouch = 0.002;
inline constexpr double kReach = 20;

struct CalibrationChoice {
  std::vector<std::string> constants;  // empty: as above
  analysis::FitOptions fit;
};

struct CalibrationOutcome {
  models::CalibrationProfile profile;  // the base with the fitted constants in it
  analysis::Fit fit;
};

// Names of constants that exist and may be fitted. Throws UsageError for others, with the nearest.
std::vector<std::string> fittable_constants(const std::vector<std::string>& asked);

// `fit_rows` index rows of the predictor; `source` goes into the provenance of fitted constants.
CalibrationOutcome calibrate(const Predictor& predictor, const std::vector<Observation>& rows,
                             const models::CalibrationProfile& base,
                             const CalibrationChoice& choice, const std::string& source);

}  // namespace twinlink::scenarios
