#include "models/workloads/breakdown.h"

#include <algorithm>
#include <utility>

#include "models/workloads/layer_stages.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

struct Interval {
  Duration begin, end;
};

// Their union: ordered and disjoint.
std::vector<Interval> united(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  std::vector<Interval> result;
  for (const Interval& i : intervals)
    if (result.empty() || result.back().end < i.begin)
      result.push_back(i);
    else
      result.back().end = std::max(result.back().end, i.end);
  return result;
}

// How much of `when` the united intervals cover.
Duration covered(const std::vector<Interval>& intervals, const Interval& when) {
  auto at = std::partition_point(intervals.begin(), intervals.end(),
                                 [&](const Interval& i) { return i.end <= when.begin; });
  Duration total;
  for (; at != intervals.end() && at->begin < when.end; ++at)
    total += std::min(at->end, when.end) - std::max(at->begin, when.begin);
  return total;
}

std::vector<LaneId> streams_of(const Plan& plan) {
  std::vector<LaneId> streams(static_cast<std::size_t>(plan.ranks()));
  for (std::size_t i = plan.lanes.size(); i-- > 0;)
    if (plan.lanes[i].engine == Engine::sm) streams[plan.lanes[i].rank.index()] = LaneId{i};
  return streams;
}

// By rank: when at least one of its copies was under way.
std::vector<std::vector<Interval>> copies_of(const Plan& plan, const Timeline& timeline) {
  std::vector<std::vector<Interval>> copies(static_cast<std::size_t>(plan.ranks()));
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const Lane& lane = plan.lane(plan.ops[i].lane);
    if (lane.engine == Engine::copy)
      copies[lane.rank.index()].push_back({timeline.start[i], timeline.end[i]});
  }
  for (auto& of_rank : copies) of_rank = united(std::move(of_rank));
  return copies;
}

}  // namespace

std::vector<RankBreakdown> break_down(const Plan& plan, const Timeline& timeline) {
  TL_ENSURE(timeline.end.size() == plan.ops.size(), "the timeline is of this plan");
  const std::vector<LaneId> streams = streams_of(plan);
  const std::vector<std::vector<Interval>> copies = copies_of(plan, timeline);
  std::vector<RankBreakdown> result(copies.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const Op& op = plan.ops[i];
    const std::size_t rank = plan.lane(op.lane).rank.index();
    if (op.lane != streams[rank]) continue;
    const Interval when{timeline.start[i], timeline.end[i]};
    RankBreakdown& own = result[rank];
    own.total = std::max(own.total, when.end);
    if (op.kind == OpKind::barrier) continue;
    const std::string category =
        op.kind == OpKind::compute ? plan.computes[op.detail].kernel : kCommunication;
    own.categories[category] += when.end - when.begin;
    own.beside[category] += covered(copies[rank], when);
  }
  for (std::size_t r = 0; r < result.size(); ++r) {
    for (const Interval& i : copies[r]) result[r].overlapped += i.end - i.begin;
    result[r].waiting = result[r].total;
    for (const auto& [name, time] : result[r].categories)
      result[r].waiting = result[r].waiting - time;
  }
  return result;
}

}  // namespace twinlink::models
