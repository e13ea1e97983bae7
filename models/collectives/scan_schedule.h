#pragma once
// From a schedule to the four functions of a row of the catalogue.
//
// A schedule is a type with `template <class Scan> void operator()(Scan& scan) const`, which runs
// it for one group on a ScanGroup, a ScanSize or a ScanTally, and `own_slices(request, members)`,
// the pieces it cuts a state into when the request does not say. So the plan and its counts have
// one text; the tests count the plan's ops again and compare with formulas.
#include "models/collectives/scan_group.h"
#include "models/collectives/scan_size.h"
#include "models/collectives/scan_tally.h"

namespace twinlink::models {

// Schedules that leave a state whole unless the request asks for slices.
struct WholeStates {
  static std::int64_t own_slices(const CollectiveRequest&, std::int64_t) { return 1; }
};

template <class Schedule>
std::int64_t slices_of(const CollectiveRequest& request, std::int64_t members, const Schedule&) {
  const std::int64_t wanted =
      request.slices > 0 ? request.slices : Schedule::own_slices(request, members);
  return usable_slices(request, wanted);
}

template <class Schedule>
OpCounts scan_plan_size(const CollectiveRequest& request, const Schedule& schedule) {
  return sum_of_groups(request, [&](std::size_t members) {
    // Larger groups are refused for their size, whatever their plan would be.
    const std::size_t counted = std::min(members, static_cast<std::size_t>(kPlanLimits.ranks));
    ScanSize size(request, counted);
    schedule(size);
    const auto slices =
        static_cast<std::size_t>(slices_of(request, static_cast<std::int64_t>(members), schedule));
    const OpCounts& one = size.counts();
    const std::size_t work = has_local_work(request) ? members : 0;
    return OpCounts{work + slices * one.ops, slices * one.slices, slices * one.deps, one.buffers};
  });
}

template <class Schedule>
Plan build_scan(const CollectiveRequest& request, std::string_view name, const Schedule& schedule) {
  PlanBuilder builder = start_plan(request, name);
  builder.reserve_ops(scan_plan_size(request, schedule));
  for (const std::vector<Rank>& group : groups_of(request)) {
    const auto members = static_cast<std::int64_t>(group.size());
    ScanGroup scan(builder, request, group, slices_of(request, members, schedule));
    schedule(scan);
  }
  return builder.finish();
}

template <class Schedule>
ScanTally tally_scan(const CollectiveRequest& request, std::int64_t members,
                     const Schedule& schedule, const ScanWeights& weights) {
  ScanTally tally(request, static_cast<std::size_t>(members), slices_of(request, members, schedule),
                  weights);
  schedule(tally);
  return tally;
}

template <class Schedule>
AlgorithmCounts count_scan(const CollectiveRequest& request, const Schedule& schedule) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const ScanTally rounds = tally_scan(request, members, schedule, {1, 0, 0, 0});
    const ScanTally applied = tally_scan(request, members, schedule, {0, 0, 1, 0});
    return {static_cast<std::int64_t>(rounds.longest()), rounds.messages(), rounds.bytes_in(),
            rounds.bytes_out(), static_cast<std::int64_t>(applied.longest())};
  });
}

// Seconds of the longest chain.
template <class Schedule>
double time_scan(const CollectiveRequest& request, const AlphaBetaGamma& costs,
                 const Schedule& schedule) {
  return slowest_group(request, [&](std::int64_t members) {
    return tally_scan(request, members, schedule, {costs.alpha, costs.beta, 0, costs.gamma})
        .longest();
  });
}

// The result of position 0: nothing comes before it.
template <class Scan>
void finish_first(Scan& scan) {
  if (scan.inclusive())
    scan.copy(0, scan.input(0), scan.output(0));
  else
    scan.identity(0, scan.output(0));
}

}  // namespace twinlink::models
