#pragma once
// Fits physical constants to measured times, and says how well the data know them.
//
//   residual_i = log(predicted_i / measured_i) / sigma_i        (relative errors; see
//   least_squares.h)
// plus one weak residual per constant, log(value / start) / kPriorSigma, so that what the data do
// not know stays where it was. Constants are fitted on a log scale within their bounds.
// Spread: of linearised bootstrap fits (rows drawn with replacement, one Gauss-Newton step each),
// as a relative standard deviation. A constant is identified if the data alone, without the prior,
// fix it to better than kIdentified; one that is not goes back to its start and the others are
// fitted again, so thin data get fewer constants. Pairs whose estimates move together are named.
// `predict` is the caller's: the simulator on the very plans that ran.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace twinlink::analysis {

inline constexpr double kPriorSigma = 1.5;  // a factor of 4.5 either way costs as much as one sigma
inline constexpr double kIdentified = 1.0;  // relative spread (100 %)
inline constexpr double kConfounded = 0.95;  // correlation from which two constants are one

struct Parameter {
  std::string name;
  double start = 0, low = 0, high = 0;  // 0 < low < start < high
};

struct FitData {
  std::vector<Parameter> parameters;
  std::vector<double> measured_us;
  std::vector<double> sigma;  // relative, one per row, > 0
  // Times in us, one per row, for values of all parameters.
  std::function<std::vector<double>(const std::vector<double>&)> predict;
};

struct FitOptions {
  int starts = 3;
  int bootstraps = 200;
  std::uint64_t seed = 1;
};

struct Estimate {
  std::string name;
  double value = 0;
  double spread = 0;  // relative, one sigma
  bool identified = true;
};

struct Fit {
  std::vector<Estimate> estimates;   // in the order of the parameters
  double cost = 0;                   // least_squares.h
  std::vector<std::string> remarks;  // sentences about what the data do not tell
  [[nodiscard]] std::vector<double> values() const;
};

Fit fit(const FitData& data, const FitOptions& options);

}  // namespace twinlink::analysis
