#include "models/collectives/all_to_all_direct.h"

#include "models/collectives/group_frame.h"

namespace twinlink::models {
namespace {

// Equal lanes: one with more CTAs would win more of the link, and the others would trail behind it.
LaneShape shape_of_lane(const LaneShape& kernel, std::size_t lanes) {
  LaneShape shape = kernel;
  shape.ctas = std::max(1, kernel.ctas / static_cast<std::int32_t>(lanes));
  return shape;
}

// Pushes the blocks of member r, rotated by r so that the first lanes of all ranks differ in peer.
void push_blocks(PlanBuilder& builder, const CollectiveRequest& request, const GroupFrame& frame,
                 std::size_t r) {
  const auto parts = static_cast<std::int64_t>(frame.size());
  const int element_size = size_of(request.element);
  const Member& own = frame.members[r];
  for (std::size_t k = 0; k < frame.size(); ++k) {
    const std::size_t to = (r + 1 + k) % frame.size();
    const Share block = share(static_cast<std::int64_t>(to), parts, elements_of(request));
    if (block.count == 0) continue;
    const Share landed{static_cast<std::int64_t>(r) * block.count, block.count};
    const LaneId lane = builder.add_sm_lane(own.kernel, shape_of_lane(request.shape, frame.size()));
    builder.copy(lane, slice_of(own.input, block, element_size),
                 slice_of(frame.members[to].output, landed, element_size), {});
  }
}

}  // namespace

Plan build_all_to_all_direct(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "direct");
  builder.reserve_ops(plan_size_all_to_all_direct(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    const GroupFrame frame = add_group_frame(builder, request, group);
    for (std::size_t r = 0; r < frame.size(); ++r) push_blocks(builder, request, frame, r);
  }
  return builder.finish();
}

AlgorithmCounts counts_all_to_all_direct(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t n = elements_of(request);
    const std::int64_t blocks = std::min(members, n);  // that are not empty
    if (members == 1 || blocks == 0) return {};
    const int element_size = size_of(request.element);
    const Bytes in{(members - 1) * share(0, members, n).count * element_size};
    const Bytes out{(n - share(members - 1, members, n).count) * element_size};
    return {1, blocks * (members - 1), in, out, 0};
  });
}

double closed_form_all_to_all_direct(const CollectiveRequest& request,
                                     const AlphaBetaGamma& costs) {
  const AlgorithmCounts counts = counts_all_to_all_direct(request);
  const Bytes most = std::max(counts.bytes_in, counts.bytes_out);
  return static_cast<double>(counts.rounds) * costs.alpha +
         static_cast<double>(most.count) * costs.beta;
}

OpCounts plan_size_all_to_all_direct(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {members * members, 2 * members * members, 0};
  });
}

}  // namespace twinlink::models
