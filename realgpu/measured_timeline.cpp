#include "realgpu/measured_timeline.h"

#include <algorithm>

#include "realgpu/clock_alignment.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::OpKind;
using models::Timeline;

constexpr int kWarmup = 2;
constexpr int kReplays = 5;

// Ops with a stamp: times relative to the earliest start, in ps.
void place_stamped(const StampedPlan& stamped, const std::vector<Stamp>& stamps,
                   Timeline& timeline) {
  const auto corrected = [&](std::size_t op, unsigned long long ns) {
    const int device = stamped.plan.gpu_of(stamped.plan.rank_of(OpId{op}));
    const auto at = std::find(stamped.devices.begin(), stamped.devices.end(), device);
    const auto index = static_cast<std::size_t>(at - stamped.devices.begin());
    return static_cast<long long>(ns) + stamped.corrections[index];
  };
  bool any = false;
  long long zero = 0;
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    if (stamps[i].end == 0) continue;
    const long long start = corrected(i, stamps[i].start);
    zero = any ? std::min(zero, start) : start;
    any = true;
  }
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    if (stamps[i].end == 0) continue;
    timeline.start[i] = ns(corrected(i, stamps[i].start) - zero);
    timeline.end[i] = ns(corrected(i, stamps[i].end) - zero);
  }
}

// Ops without a stamp start when what they wait for has ended.
class Filler {
 public:
  Filler(const StampedPlan& stamped, const std::vector<Stamp>& stamps, Timeline& timeline)
      : stamped_(stamped), stamps_(stamps), timeline_(timeline) {
    lane_end_.resize(stamped.plan.lanes.size());
  }
  void run() {
    for (const OpId op : stamped_.schedule.order) place(op);
  }

 private:
  void place(OpId id) {
    const models::Op& op = stamped_.plan.op(id);
    if (stamps_[id.index()].end == 0) {
      Duration start = lane_end_[op.lane.index()];
      for (const models::Dep& d : stamped_.plan.deps_of(id))
        start = std::max(start, timeline_.end[d.id().index()]);
      timeline_.start[id.index()] = timeline_.end[id.index()] = start;
    }
    lane_end_[op.lane.index()] = timeline_.end[id.index()];
    if (op.kind == OpKind::barrier && stamps_[id.index()].end == 0)
      release(stamped_.schedule.arrivals[op.detail], id);
  }
  void release(const std::vector<OpId>& members, OpId placed) {
    if (placed != members.back()) return;
    Duration last;
    for (const OpId member : members) last = std::max(last, timeline_.start[member.index()]);
    for (const OpId member : members) {
      timeline_.end[member.index()] = last;
      lane_end_[stamped_.plan.op(member).lane.index()] = last;
    }
  }

  const StampedPlan& stamped_;
  const std::vector<Stamp>& stamps_;
  Timeline& timeline_;
  std::vector<Duration> lane_end_;
};

}  // namespace

std::vector<long long> timer_corrections(const std::vector<int>& devices) {
  std::vector<long long> corrections(devices.size(), 0);
  for (std::size_t i = 1; i < devices.size(); ++i)
    corrections[i] = -align_clocks(devices.front(), devices[i]).offset_ns;
  return corrections;
}

Timeline timeline_of(const StampedPlan& stamped, const std::vector<Stamp>& stamps) {
  TL_ENSURE(stamps.size() == stamped.plan.ops.size(), "one stamp per op");
  Timeline timeline;
  timeline.clock = models::Clock::measured;
  timeline.start.resize(stamps.size());
  timeline.end.resize(stamps.size());
  place_stamped(stamped, stamps, timeline);
  Filler(stamped, stamps, timeline).run();
  return timeline;
}

Timeline measure_timeline(const StampedPlan& stamped, const Stamps& stamps,
                          const std::function<void()>& replay, const AllStamps& all) {
  for (int i = 0; i < kWarmup; ++i) replay();
  std::vector<Timeline> timelines;
  for (int i = 0; i < kReplays; ++i) {
    stamps.reset();
    replay();
    const std::vector<Stamp> mine = stamps.read();
    timelines.push_back(timeline_of(stamped, all ? all(mine) : mine));
  }
  const auto shorter = [](const Timeline& a, const Timeline& b) {
    return a.makespan() < b.makespan();
  };
  std::sort(timelines.begin(), timelines.end(), shorter);
  return timelines[kReplays / 2];
}

}  // namespace twinlink::realgpu
