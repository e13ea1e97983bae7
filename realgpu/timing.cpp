#include "realgpu/timing.h"

namespace twinlink::realgpu {

std::vector<double> replay_seconds(const Stream& origin, const SampleCount& count,
                                   const std::function<void()>& replay, const ReplayHooks& hooks) {
  const Event begin(origin.device(), EventUse::timing);
  const Event end(origin.device(), EventUse::timing);
  for (int i = 0; i < count.warmup; ++i) {
    replay();
    if (hooks.await) hooks.await();
    origin.synchronize();
  }
  std::vector<double> seconds;
  for (int i = 0; i < count.iterations; ++i) {
    if (hooks.before) hooks.before();
    begin.record(origin);
    replay();
    end.record(origin);
    if (hooks.await) hooks.await();
    end.synchronize();
    seconds.push_back(seconds_between(begin, end));
  }
  return seconds;
}

}  // namespace twinlink::realgpu
