#pragma once
// When each op really ran: an instrumented replay of the plan, read as a Timeline.
//
// Kernels note the device's global timer in their first and last block, after a fence that waits
// for their stores; a copy on a copy engine is bracketed by two one-warp kernels of its lane, which
// lengthens it by their launch gaps (about 1 us together). In stream mode barriers and ops without
// bytes have no stamp: they start when what they wait for has ended; a barrier ends when its last
// member starts. Fused launches stamp all ops: a barrier from the first block's arrival to the last
// one's departure.
// Timers of different GPUs are aligned (clock_alignment.h); resolution and alignment together: of
// the order of 1 us or less. Time 0 is the earliest start. An op's start is its first instruction,
// so its launch gap stands before it, not inside. Of `replays` replays the one with the median
// makespan is kept. The fences make instrumented ops a little longer: makespans come from samples.
#include <functional>
#include <vector>

#include "models/plan/plan.h"
#include "models/timeline.h"
#include "realgpu/stamps.h"
#include "realgpu/stream_schedule.h"

namespace twinlink::realgpu {

// What has to be added to a device's timer so that all agree, in ns; by index of `devices`.
std::vector<long long> timer_corrections(const std::vector<int>& devices);

struct StampedPlan {
  const models::Plan& plan;
  const StreamSchedule& schedule;
  const std::vector<int>& devices;
  const std::vector<long long>& corrections;  // by index of devices
};

// Pure: stamps of one replay to a timeline.
models::Timeline timeline_of(const StampedPlan& stamped, const std::vector<Stamp>& stamps);

// `replay` runs the instrumented plan once and waits for its end. `stamps` are those of this
// process; `all` adds what other processes have (empty: there are none).
using AllStamps = std::function<std::vector<Stamp>(const std::vector<Stamp>&)>;
models::Timeline measure_timeline(const StampedPlan& stamped, const Stamps& stamps,
                                  const std::function<void()>& replay, const AllStamps& all = {});

}  // namespace twinlink::realgpu
