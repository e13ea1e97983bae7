#pragma once
// Predicts measured rows of one machine by simulating the plans that ran, as often as a fit asks.
//
// The plans are built once; predicting simulates each of them with the profile given. A row whose
// request the builder refuses is refused here (InputError). Not thread-safe.
#include <memory>
#include <string>
#include <vector>

#include "models/cost/calibration.h"
#include "scenarios/fitting/observations.h"

namespace twinlink::scenarios {

class Predictor {
 public:
  // `rows` are all of `machine` (a preset's name or a file).
  Predictor(const std::string& machine, const std::vector<Observation>& rows);
  ~Predictor();
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;

  // Simulated time of each row, in us.
  [[nodiscard]] std::vector<double> predict_us(const models::CalibrationProfile& profile) const;
  // The profile that belongs to the machine.
  [[nodiscard]] const models::CalibrationProfile& own_profile() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace twinlink::scenarios
