#pragma once
// The positions of one group's scan, and ops on whole states; what all scan builders are made of.
//
// Position p is member p, or member P-1-p of a suffix scan: builders only ever go from position 0
// upwards. A State is the fold of neighbouring positions, in a buffer of some rank. It is written
// once and its buffer is never reused, so nothing ever waits before it may overwrite. An op waits
// for the ops that made its states when they ran on another position's lane.
#include <vector>

#include "models/collectives/group_frame.h"

namespace twinlink::models {

struct State {
  BufferId buffer;
  OpId made;              // invalid: given before the launch
  std::size_t maker = 0;  // position whose lane ran `made`
};

class ScanGroup {
 public:
  ScanGroup(PlanBuilder& builder, const CollectiveRequest& request, const std::vector<Rank>& group);

  [[nodiscard]] std::size_t size() const { return at_.size(); }
  [[nodiscard]] State input(std::size_t p) const;
  [[nodiscard]] BufferId output(std::size_t p) const { return at_[p].output; }
  BufferId scratch(std::size_t p, std::string name);

  // The request's local work at p, if it asks for any; p's input is ready when it is done.
  void local_work(std::size_t p);
  void local_work_everywhere();

  // Ops on the lane of position p into `to`.
  State identity(std::size_t p, BufferId to);
  State copy(std::size_t p, const State& from, BufferId to);
  // earlier x decay^later_members + later: `later` holds the fold of that many members.
  State fold(std::size_t p, const State& earlier, const State& later, std::size_t later_members,
             BufferId to);

 private:
  [[nodiscard]] Slice whole(const State& state, std::size_t decay_power = 0) const;
  PlanBuilder& builder_;
  const CollectiveRequest& request_;
  std::vector<Member> at_;   // by position
  std::vector<OpId> ready_;  // by position: its local work
};

bool has_local_work(const CollectiveRequest& request);
// ceil(log2 members), 0 for 1.
int levels_of(std::int64_t members);

// `counts` plus an op of local work per member, if the request has any.
OpCounts with_local_work(const CollectiveRequest& request, std::size_t members, OpCounts counts);

}  // namespace twinlink::models
