#include "realgpu/timing.h"

#include <algorithm>
#include <cmath>

#include "topology/error.h"

namespace twinlink::realgpu {

std::vector<double> replay_seconds(const Stream& origin, const SampleCount& count,
                                   const std::function<void()>& replay) {
  const Event begin(origin.device(), EventUse::timing);
  const Event end(origin.device(), EventUse::timing);
  for (int i = 0; i < count.warmup; ++i) {
    replay();
    origin.synchronize();
  }
  std::vector<double> seconds;
  for (int i = 0; i < count.iterations; ++i) {
    begin.record(origin);
    replay();
    end.record(origin);
    end.synchronize();
    seconds.push_back(seconds_between(begin, end));
  }
  return seconds;
}

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
