#include "realgpu/timing.h"

namespace twinlink::realgpu {

std::vector<double> replay_seconds(const Stream& origin, const SampleCount& count,
                                   const std::function<void()>& replay,
                                   const std::function<void()>& before) {
  const Event begin(origin.device(), EventUse::timing);
  const Event end(origin.device(), EventUse::timing);
  for (int i = 0; i < count.warmup; ++i) {
    replay();
    origin.synchronize();
  }
  std::vector<double> seconds;
  for (int i = 0; i < count.iterations; ++i) {
    if (before) before();
    begin.record(origin);
    replay();
    end.record(origin);
    end.synchronize();
    seconds.push_back(seconds_between(begin, end));
  }
  return seconds;
}

}  // namespace twinlink::realgpu
