#include "models/collectives/all_to_all_direct.h"

#include "models/collectives/all_to_all_blocks.h"
#include "models/collectives/collective_group.h"
#include "models/plan/ceil_div.h"

namespace twinlink::models {
namespace {

std::int64_t rounds(std::int64_t most_sent, std::int64_t members) {
  return ceil_div(most_sent, all_to_all_lanes(members));
}

class Direct {
 public:
  Direct(PlanBuilder& builder, const CollectiveRequest& request, const std::vector<Rank>& group)
      : builder_(builder),
        frame_(add_group_frame(builder, request, group)),
        blocks_(request, group),
        most_lanes_(static_cast<std::size_t>(all_to_all_lanes(blocks_.size()))),
        shape_(lane_of(request.shape, most_lanes_)),
        element_(size_of(request.element)) {}

  void run() {
    for (std::int64_t r = 0; r < blocks_.size(); ++r) push_blocks(r);
  }

 private:
  // Rotated by r so that the first lanes of all ranks differ in peer.
  void push_blocks(std::int64_t r) {
    lanes_.clear();
    std::size_t pushed = 0;
    for (std::int64_t k = 1; k <= blocks_.size(); ++k) {
      const std::int64_t to = r + k < blocks_.size() ? r + k : r + k - blocks_.size();
      const Share sent = blocks_.sent(r, to);
      if (sent.count == 0) continue;
      const LaneId lane = lane_for(r, pushed++);
      builder_.copy(lane, slice_of(member(r).input, sent, element_),
                    slice_of(member(to).output, blocks_.landed(r, to), element_), {});
    }
  }

  LaneId lane_for(std::int64_t r, std::size_t push) {
    if (push < most_lanes_) lanes_.push_back(builder_.add_sm_lane(member(r).kernel, shape_));
    return lanes_[push % most_lanes_];
  }
  [[nodiscard]] const Member& member(std::int64_t r) const {
    return frame_.members[static_cast<std::size_t>(r)];
  }

  PlanBuilder& builder_;
  GroupFrame frame_;
  AllToAllBlocks blocks_;
  std::size_t most_lanes_;
  LaneShape shape_;
  int element_;
  std::vector<LaneId> lanes_;  // of one rank
};

}  // namespace

std::int64_t all_to_all_lanes(std::int64_t members) {
  return ceil_div(members, ceil_div(members, kMostLanes));
}

Plan build_all_to_all_direct(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "direct");
  builder.reserve_ops(plan_size_all_to_all_direct(request));
  for (const std::vector<Rank>& group : groups_of(request)) Direct(builder, request, group).run();
  return builder.finish();
}

AlgorithmCounts counts_all_to_all_direct(const CollectiveRequest& request) {
  return all_to_all_counts(request, rounds);
}

double closed_form_all_to_all_direct(const CollectiveRequest& request,
                                     const AlphaBetaGamma& costs) {
  return all_to_all_time(request, counts_all_to_all_direct(request), costs);
}

OpCounts plan_size_all_to_all_direct(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {members * members, 2 * members * members, 0};
  });
}

}  // namespace twinlink::models
