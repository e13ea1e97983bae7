#include "models/collectives/sendrecv_copy_engine.h"

#include "models/collectives/copy_queues.h"

namespace twinlink::models {

Plan build_sendrecv_copy_engine(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "copy_engine");
  builder.reserve_ops(plan_size_sendrecv_copy_engine(request));
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    CollectiveGroup group(builder, request, ranks);
    CopyQueues queues(builder, request, group);
    if (request.bytes.count == 0) continue;
    queues.begin(CopyQueues::Partners::right);
    for (std::size_t r = 0; r < group.size(); ++r) {
      const std::size_t to = group.ahead(r, 1);
      queues.push(r, to, group.whole(group.member(r).input), group.whole(group.member(to).output));
    }
    queues.end();
  }
  return builder.finish();
}

AlgorithmCounts counts_sendrecv_copy_engine(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1 || request.bytes.count == 0) return {};
    return {1, members, request.bytes, request.bytes, 0};
  });
}

double closed_form_sendrecv_copy_engine(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    return costs.alpha + static_cast<double>(request.bytes.count) * costs.beta;
  });
}

OpCounts plan_size_sendrecv_copy_engine(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {4 * members, 8 * members, 3 * members};
  });
}

}  // namespace twinlink::models
