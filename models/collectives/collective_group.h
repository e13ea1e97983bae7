#pragma once
// One group of a sum or a move: its members, the shares of n elements dealt to them, and the few
// steps that all builders repeat.
//
// Meetings and flags. Who reads other ranks' inputs or writes other ranks' outputs meets the others
// first (relaxed: they have begun). Who only reads lets the others go by a second relaxed meeting;
// whose output others write waits for their flags: `await` is an op of no bytes that depends on
// their writes, so a kernel ends no earlier than its output is complete.
#include <span>
#include <vector>

#include "models/collectives/group_frame.h"

namespace twinlink::models {

class CollectiveGroup {
 public:
  // Adds the group's frame; lanes only where asked for.
  CollectiveGroup(PlanBuilder& builder, const CollectiveRequest& request,
                  const std::vector<Rank>& ranks);

  [[nodiscard]] std::size_t size() const { return frame_.size(); }
  [[nodiscard]] const Member& member(std::size_t r) const { return frame_.members[r]; }
  [[nodiscard]] bool share_is_empty(std::size_t i) const { return shares_[i].size.count == 0; }
  // (r + steps) mod P for r < P, steps <= P.
  [[nodiscard]] std::size_t ahead(std::size_t r, std::size_t steps) const {
    return r + steps < size() ? r + steps : r + steps - size();
  }
  // Share i of a buffer of n elements; a whole buffer.
  [[nodiscard]] Slice part(BufferId buffer, std::size_t i) const {
    return {buffer, 0, shares_[i].offset, shares_[i].size};
  }
  [[nodiscard]] Slice whole(BufferId buffer) const {
    return {buffer, 0, {}, builder_.plan().buffer(buffer).size};
  }
  [[nodiscard]] int element_size() const { return size_of(request_.element); }
  [[nodiscard]] Bytes share_size(std::size_t i) const { return shares_[i].size; }

  void add_lanes();
  void set_lane(std::size_t r, LaneId lane) { frame_.members[r].lane = lane; }
  void meet(Edge edge);
  // Input to output on the member's own lane.
  void copy_own(std::size_t r);
  OpId await(std::size_t r, std::span<const Dep> writes);
  // Every member waits for the ops of the others; invalid ids (nothing written) do not count.
  void await_all(std::span<const OpId> writes);

 private:
  PlanBuilder& builder_;
  const CollectiveRequest& request_;
  GroupFrame frame_;
  std::vector<Slice> shares_;  // of no buffer
  std::vector<Dep> deps_;
};

// For every group of the request: lanes, the relaxed meeting before anyone touches another's
// memory, then work(builder, group). A group of one only copies its input.
template <class Work>
void meet_then(PlanBuilder& builder, const CollectiveRequest& request, const Work& work) {
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    CollectiveGroup group(builder, request, ranks);
    group.add_lanes();
    if (group.size() == 1) {
      group.copy_own(0);
      continue;
    }
    group.meet(Edge::flag_relaxed);
    work(builder, group);
  }
}

// Bytes of the largest and of the smallest of P shares.
Bytes largest_share(const CollectiveRequest& request, std::int64_t members);
Bytes smallest_share(const CollectiveRequest& request, std::int64_t members);
// Shares that are not empty.
std::int64_t filled_shares(const CollectiveRequest& request, std::int64_t members);

// request.slices; where it leaves the choice: what is best for `bytes` through a pipeline of
// `stages` further stages, sqrt(stages bytes / 1 MiB), 1 to 64. 1 MiB is about what a link moves
// in the time that a step costs: 2 us at 450 to 900 GB/s.
std::int64_t pipeline_slices(const CollectiveRequest& request, std::int64_t stages, Bytes bytes);

// One lane's part when `lanes` of a kernel share its CTAs: equal lanes, or one with more CTAs would
// win more of a link and the others would trail behind it. At least one CTA.
LaneShape lane_of(const LaneShape& kernel, std::size_t lanes);

}  // namespace twinlink::models
