#include "realgpu/quantile.h"

#include <algorithm>
#include <cmath>

#include "topology/error.h"

namespace twinlink::realgpu {

double quantile(std::vector<double> samples, double q) {
  TL_ENSURE(!samples.empty(), "quantile of at least one sample");
  std::sort(samples.begin(), samples.end());
  const double at = q * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, samples.size() - 1);
  const double part = at - static_cast<double>(below);
  return samples[below] * (1 - part) + samples[above] * part;
}

}  // namespace twinlink::realgpu
