#include "models/collectives/exscan_ring_decoupled.h"

#include "models/collectives/scan_group.h"

namespace twinlink::models {
namespace {

void build_chain(ScanGroup& scan) {
  scan.local_work_everywhere();
  State prefix;
  for (std::size_t p = 0; p + 1 < scan.size(); ++p) {
    const BufferId next = scan.output(p + 1);
    prefix =
        p == 0 ? scan.copy(p, scan.input(p), next) : scan.fold(p, prefix, scan.input(p), 1, next);
  }
  scan.identity(0, scan.output(0));  // last: nobody waits for it
}

}  // namespace

Plan build_exscan_ring_decoupled(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "ring_decoupled");
  builder.reserve_ops(plan_size_exscan_ring_decoupled(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    ScanGroup scan(builder, request, group);
    build_chain(scan);
  }
  return builder.finish();
}

AlgorithmCounts counts_exscan_ring_decoupled(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    return {members - 1, members - 1, request.bytes, request.bytes, members - 2};
  });
}

double closed_form_exscan_ring_decoupled(const CollectiveRequest& request,
                                         const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    const double bytes = static_cast<double>(request.bytes.count);
    const auto folds = static_cast<double>(std::max<std::int64_t>(members - 2, 0));
    return static_cast<double>(members - 1) * (costs.alpha + bytes * costs.beta) +
           folds * bytes * costs.gamma;
  });
}

OpCounts plan_size_exscan_ring_decoupled(const CollectiveRequest& request) {
  return sum_of_groups(request, [&](std::size_t members) {
    const std::size_t steps = members - 1;
    return with_local_work(request, members, {1 + steps, 1 + 3 * steps, steps});
  });
}

}  // namespace twinlink::models
