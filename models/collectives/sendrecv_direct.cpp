#include "models/collectives/sendrecv_direct.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

void push_to_right(PlanBuilder& builder, CollectiveGroup& group) {
  const std::size_t first = builder.next_op().index();
  for (std::size_t r = 0; r < group.size(); ++r)
    builder.copy(group.member(r).lane, group.whole(group.member(r).input),
                 group.whole(group.member(group.ahead(r, 1)).output), {});
  for (std::size_t r = 0; r < group.size(); ++r) {
    const Dep from_left = dep(OpId{first + group.ahead(r, group.size() - 1)});
    group.await(r, std::span(&from_left, 1));
  }
}

}  // namespace

Plan build_sendrecv_direct(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "direct");
  builder.reserve_ops(plan_size_sendrecv_direct(request));
  meet_then(builder, request, [&](PlanBuilder& plan, CollectiveGroup& group) {
    if (request.bytes.count > 0) push_to_right(plan, group);
  });
  return builder.finish();
}

AlgorithmCounts counts_sendrecv_direct(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1 || request.bytes.count == 0) return {};
    return {1, members, request.bytes, request.bytes, 0};
  });
}

double closed_form_sendrecv_direct(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    return costs.alpha + static_cast<double>(request.bytes.count) * costs.beta;
  });
}

OpCounts plan_size_sendrecv_direct(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {3 * members, 4 * members, members};
  });
}

}  // namespace twinlink::models
