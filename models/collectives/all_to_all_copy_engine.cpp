#include "models/collectives/all_to_all_copy_engine.h"

#include "models/collectives/all_to_all_blocks.h"
#include "models/collectives/copy_queues.h"

namespace twinlink::models {
namespace {

void push_blocks(const CollectiveGroup& group, const AllToAllBlocks& blocks, CopyQueues& queues,
                 std::size_t r) {
  const auto from = static_cast<std::int64_t>(r);
  for (std::size_t k = 1; k <= group.size(); ++k) {
    const std::size_t to = group.ahead(r, k);
    const Share sent = blocks.sent(from, static_cast<std::int64_t>(to));
    if (sent.count == 0) continue;
    const Share landed = blocks.landed(from, static_cast<std::int64_t>(to));
    const int element = group.element_size();
    queues.push(r, to, slice_of(group.member(r).input, sent, element),
                slice_of(group.member(to).output, landed, element));
  }
}

std::int64_t pushes(std::int64_t most_sent, std::int64_t) { return pushes_in_turn(most_sent); }

}  // namespace

Plan build_all_to_all_copy_engine(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "copy_engine");
  builder.reserve_ops(plan_size_all_to_all_copy_engine(request));
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    CollectiveGroup group(builder, request, ranks);
    const AllToAllBlocks blocks(request, ranks);
    CopyQueues queues(builder, request, group);
    queues.begin();
    for (std::size_t r = 0; r < group.size(); ++r) push_blocks(group, blocks, queues, r);
    queues.end();
  }
  return builder.finish();
}

AlgorithmCounts counts_all_to_all_copy_engine(const CollectiveRequest& request) {
  return all_to_all_counts(request, pushes);
}

double closed_form_all_to_all_copy_engine(const CollectiveRequest& request,
                                          const AlphaBetaGamma& costs) {
  return all_to_all_time(request, counts_all_to_all_copy_engine(request), costs);
}

OpCounts plan_size_all_to_all_copy_engine(const CollectiveRequest& request) {
  return sum_of_groups(request, copy_queues_size);
}

}  // namespace twinlink::models
