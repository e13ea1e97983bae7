#include "analysis/error_summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "analysis/quantile.h"

namespace twinlink::analysis {

ErrorSummary summarise_errors(std::span<const double> errors) {
  if (errors.empty()) return {};
  std::vector<double> sizes(errors.begin(), errors.end());
  for (double& size : sizes) size = std::abs(size);
  ErrorSummary out;
  out.n = static_cast<int>(errors.size());
  out.median = quantile(sizes, 0.5);
  out.p90 = quantile(sizes, 0.9);
  out.max = *std::max_element(sizes.begin(), sizes.end());
  out.bias =
      std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size());
  return out;
}

}  // namespace twinlink::analysis
