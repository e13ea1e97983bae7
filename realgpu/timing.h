#pragma once
// Times of repeated replays, from events on one stream around each replay.
//
// Nothing else may run on the devices. Every replay is waited for before the next begins, so the
// launch overhead of a graph lies inside its time: capture several repeats to make it small.
// Resolution of CUDA events: about 0.5 us.
#include <functional>
#include <vector>

#include "realgpu/event.h"

namespace twinlink::realgpu {

struct SampleCount {
  int warmup = 5;
  int iterations = 20;
};

// What else happens around replays; empty: nothing.
struct ReplayHooks {
  // Before each counted replay, untimed; what it puts on the origin stream ends before the replay.
  std::function<void()> before;
  std::function<void()> await;  // after each: may throw where waiting could last for ever
};

// Seconds of each of count.iterations replays, in the order they ran.
std::vector<double> replay_seconds(const Stream& origin, const SampleCount& count,
                                   const std::function<void()>& replay,
                                   const ReplayHooks& hooks = {});

}  // namespace twinlink::realgpu
