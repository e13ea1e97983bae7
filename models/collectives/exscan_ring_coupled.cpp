#include "models/collectives/exscan_ring_coupled.h"

#include "models/collectives/scan_group.h"

namespace twinlink::models {
namespace {

void build_chain(ScanGroup& scan) {
  State sent;
  for (std::size_t p = 0; p < scan.size(); ++p) {
    const State prefix =
        p == 0 ? scan.identity(p, scan.output(p)) : scan.copy(p, sent, scan.output(p));
    scan.local_work(p);
    if (p + 1 < scan.size()) sent = scan.fold(p, prefix, scan.input(p), 1, scan.scratch(p, "send"));
  }
}

}  // namespace

Plan build_exscan_ring_coupled(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "ring_coupled");
  builder.reserve_ops(plan_size_exscan_ring_coupled(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    ScanGroup scan(builder, request, group);
    build_chain(scan);
  }
  return builder.finish();
}

AlgorithmCounts counts_exscan_ring_coupled(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    return {members - 1, members - 1, request.bytes, request.bytes, members - 1};
  });
}

double closed_form_exscan_ring_coupled(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    const double bytes = static_cast<double>(request.bytes.count);
    return static_cast<double>(members - 1) *
           (costs.alpha + bytes * costs.beta + bytes * costs.gamma);
  });
}

OpCounts plan_size_exscan_ring_coupled(const CollectiveRequest& request) {
  return sum_of_groups(request, [&](std::size_t members) {
    const std::size_t steps = members - 1;  // each a copy and a fold
    return with_local_work(request, members, {1 + 2 * steps, 1 + (2 + 3) * steps, steps});
  });
}

}  // namespace twinlink::models
