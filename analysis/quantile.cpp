#include "analysis/quantile.h"

#include <algorithm>
#include <cmath>

#include "topology/error.h"

namespace twinlink::analysis {

double quantile(std::vector<double> values, double q) {
  TL_ENSURE(!values.empty() && q >= 0 && q <= 1, "a quantile of something, between 0 and 1");
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - std::floor(at)) * (values[above] - values[below]);
}

}  // namespace twinlink::analysis
