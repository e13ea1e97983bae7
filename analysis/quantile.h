#pragma once
// The q-quantile of values: linear between order statistics (Hyndman and Fan's type 7, the default
// of NumPy and R). 0 <= q <= 1; values need not be sorted and must not be empty.
#include <vector>

namespace twinlink::analysis {

double quantile(std::vector<double> values, double q);

}  // namespace twinlink::analysis
