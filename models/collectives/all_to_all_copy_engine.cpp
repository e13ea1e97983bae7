#include "models/collectives/all_to_all_copy_engine.h"

#include "models/collectives/copy_queues.h"

namespace twinlink::models {
namespace {

void push_blocks(const CollectiveGroup& group, CopyQueues& queues, std::size_t r) {
  for (std::size_t k = 1; k <= group.size(); ++k) {
    const std::size_t to = group.ahead(r, k);
    if (group.share_is_empty(to)) continue;
    const Bytes size = group.share_size(to);
    const Slice landed{group.member(to).output, 0, size * static_cast<std::int64_t>(r), size};
    queues.push(r, to, group.part(group.member(r).input, to), landed);
  }
}

// Most blocks that one member sends to others: fewer elements than members leave one that sends
// all.
std::int64_t most_pushes(const CollectiveRequest& request, std::int64_t members) {
  return std::min(members - 1, elements_of(request));
}

}  // namespace

Plan build_all_to_all_copy_engine(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "copy_engine");
  builder.reserve_ops(plan_size_all_to_all_copy_engine(request));
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    CollectiveGroup group(builder, request, ranks);
    CopyQueues queues(builder, request, group);
    queues.begin();
    for (std::size_t r = 0; r < group.size(); ++r) push_blocks(group, queues, r);
    queues.end();
  }
  return builder.finish();
}

AlgorithmCounts counts_all_to_all_copy_engine(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t blocks = filled_shares(request, members);
    if (members == 1 || blocks == 0) return {};
    const Bytes in = largest_share(request, members) * (members - 1);
    const Bytes out = request.bytes - smallest_share(request, members);
    return {pushes_in_turn(most_pushes(request, members)), blocks * (members - 1), in, out, 0};
  });
}

double closed_form_all_to_all_copy_engine(const CollectiveRequest& request,
                                          const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const Bytes in = largest_share(request, members) * (members - 1);
    const Bytes out = request.bytes - smallest_share(request, members);
    return static_cast<double>(pushes_in_turn(most_pushes(request, members))) * costs.alpha +
           static_cast<double>(std::max(in, out).count) * costs.beta;
  });
}

OpCounts plan_size_all_to_all_copy_engine(const CollectiveRequest& request) {
  return sum_of_groups(request, copy_queues_size);
}

}  // namespace twinlink::models
