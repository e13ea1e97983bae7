#include "models/collectives/broadcast_ring.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

std::int64_t slices_for(const CollectiveRequest& request, std::int64_t members) {
  return pipeline_slices(request, std::max<std::int64_t>(0, members - 2), request.bytes);
}

// Of no buffer.
Slice slice_of_message(const CollectiveRequest& request, std::int64_t k, std::int64_t slices) {
  const int element = size_of(request.element);
  return slice_of({}, aligned_share(k, slices, elements_of(request), element), element);
}

void pull_slice(PlanBuilder& builder, const CollectiveGroup& group, const Slice& slice) {
  for (std::size_t i = 1; i < group.size(); ++i) {
    Slice from = slice, to = slice;
    from.buffer = i == 1 ? group.member(0).input : group.member(i - 1).output;
    to.buffer = group.member(i).output;
    Dep before{};
    if (i > 1) before = dep(OpId{builder.next_op().index() - 1});
    builder.copy(group.member(i).lane, from, to, std::span(&before, i > 1 ? 1 : 0));
  }
}

}  // namespace

Plan build_broadcast_ring(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "ring");
  builder.reserve_ops(plan_size_broadcast_ring(request));
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    CollectiveGroup group(builder, request, ranks);
    group.add_lanes();
    group.copy_own(0);
    const std::int64_t slices = slices_for(request, static_cast<std::int64_t>(ranks.size()));
    for (std::int64_t k = 0; k < slices; ++k)
      pull_slice(builder, group, slice_of_message(request, k, slices));
  }
  return builder.finish();
}

AlgorithmCounts counts_broadcast_ring(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    const std::int64_t slices = slices_for(request, members);
    return {members + slices - 2, slices * (members - 1), request.bytes, request.bytes, 0};
  });
}

double closed_form_broadcast_ring(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1) return 0.0;
    const std::int64_t slices = slices_for(request, members);
    const Bytes moved = request.bytes + slice_of_message(request, 0, slices).size * (members - 2);
    return static_cast<double>(members + slices - 2) * costs.alpha +
           static_cast<double>(moved.count) * costs.beta;
  });
}

OpCounts plan_size_broadcast_ring(const CollectiveRequest& request) {
  return sum_of_groups(request, [&](std::size_t members) -> OpCounts {
    const auto slices =
        static_cast<std::size_t>(slices_for(request, static_cast<std::int64_t>(members)));
    const std::size_t pulls = slices * (members - 1);
    return {1 + pulls, 2 + 2 * pulls, pulls};
  });
}

}  // namespace twinlink::models
