#include "models/workloads/breakdown.h"

#include <algorithm>

#include "models/workloads/layer_stages.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

struct Interval {
  Duration begin, end;
};

// Length of the union.
Duration covered(std::vector<Interval>& intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  Duration total, until;
  for (const Interval& i : intervals) {
    if (until < i.end) total += i.end - std::max(until, i.begin);
    until = std::max(until, i.end);
  }
  return total;
}

std::vector<LaneId> streams_of(const Plan& plan) {
  std::vector<LaneId> streams(static_cast<std::size_t>(plan.ranks()));
  for (std::size_t i = plan.lanes.size(); i-- > 0;)
    if (plan.lanes[i].engine == Engine::sm) streams[plan.lanes[i].rank.index()] = LaneId{i};
  return streams;
}

}  // namespace

std::vector<RankBreakdown> break_down(const Plan& plan, const Timeline& timeline) {
  TL_ENSURE(timeline.end.size() == plan.ops.size(), "the timeline is of this plan");
  const std::vector<LaneId> streams = streams_of(plan);
  std::vector<RankBreakdown> result(static_cast<std::size_t>(plan.ranks()));
  std::vector<std::vector<Interval>> copies(result.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const Op& op = plan.ops[i];
    const std::size_t rank = plan.lane(op.lane).rank.index();
    const Interval when{timeline.start[i], timeline.end[i]};
    RankBreakdown& own = result[rank];
    if (plan.lane(op.lane).engine == Engine::copy) copies[rank].push_back(when);
    if (op.lane != streams[rank]) continue;
    own.total = std::max(own.total, when.end);
    if (op.kind == OpKind::compute)
      own.categories[plan.computes[op.detail].kernel] += when.end - when.begin;
    else if (op.kind != OpKind::barrier)
      own.categories[kCommunication] += when.end - when.begin;
  }
  for (std::size_t r = 0; r < result.size(); ++r) {
    result[r].overlapped = covered(copies[r]);
    result[r].waiting = result[r].total;
    for (const auto& [name, time] : result[r].categories)
      result[r].waiting = result[r].waiting - time;
  }
  return result;
}

}  // namespace twinlink::models
