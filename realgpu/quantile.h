#pragma once
// Order statistics of samples. Pure.
#include <vector>

namespace twinlink::realgpu {

// Value at quantile q in [0, 1] of a copy of `samples`, by linear interpolation. Not empty.
double quantile(std::vector<double> samples, double q);

}  // namespace twinlink::realgpu
