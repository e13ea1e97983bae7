#include "models/collectives/all_gather_copy_engine.h"

#include "models/collectives/copy_queues.h"

namespace twinlink::models {
namespace {

void push_share(const CollectiveGroup& group, CopyQueues& queues, std::size_t r) {
  if (group.share_is_empty(r)) return;
  for (std::size_t k = 1; k <= group.size(); ++k) {
    const std::size_t to = group.ahead(r, k);
    queues.push(r, to, group.whole(group.member(r).input), group.part(group.member(to).output, r));
  }
}

}  // namespace

Plan build_all_gather_copy_engine(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "copy_engine");
  builder.reserve_ops(plan_size_all_gather_copy_engine(request));
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    CollectiveGroup group(builder, request, ranks);
    CopyQueues queues(builder, request, group);
    queues.begin();
    for (std::size_t r = 0; r < group.size(); ++r) push_share(group, queues, r);
    queues.end();
  }
  return builder.finish();
}

AlgorithmCounts counts_all_gather_copy_engine(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t shares = filled_shares(request, members);
    if (members == 1 || shares == 0) return {};
    const Bytes in = request.bytes - smallest_share(request, members);
    const Bytes out = largest_share(request, members) * (members - 1);
    return {pushes_in_turn(members - 1), shares * (members - 1), in, out, 0};
  });
}

double closed_form_all_gather_copy_engine(const CollectiveRequest& request,
                                          const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const Bytes sent = largest_share(request, members) * (members - 1);
    return static_cast<double>(pushes_in_turn(members - 1)) * costs.alpha +
           static_cast<double>(sent.count) * costs.beta;
  });
}

OpCounts plan_size_all_gather_copy_engine(const CollectiveRequest& request) {
  return sum_of_groups(request, copy_queues_size);
}

}  // namespace twinlink::models
