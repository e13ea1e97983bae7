#pragma once
// The positions of one group's scan, and ops on states; what scan builders are made of.
//
// Position p is member p, or member P-1-p of a suffix scan: builders only ever go from position 0
// upwards. A State is the fold of neighbouring positions, in a buffer of some rank. It is written
// once and its buffer is never reused, so nothing ever waits before it may overwrite.
// An operation on a state is one op per slice of it (request.slices, or the algorithm's own choice;
// elements dealt by aligned_share()), one after the other on the position's lane: State::made is
// the op of slice 0, made + i that of slice i. Slice i waits only for slices i of its states, where
// another position's lane made them: so the steps of a chain overlap as soon as there are several
// slices. Members' lengths turn counts of members into decay powers here: builders only count. A
// schedule is written once, against this class; ScanSize and ScanTally have the same members and
// build nothing.
#include <span>
#include <string_view>
#include <vector>

#include "models/collectives/group_frame.h"

namespace twinlink::models {

struct State {
  BufferId buffer;
  OpId made;              // of slice 0; invalid: given before the launch
  std::size_t maker = 0;  // position whose lane ran `made`
  bool at_once = false;   // one op made all slices
  std::size_t end = 0;    // one past its last position; 0: the identity
};

class ScanGroup {
 public:
  using State = models::State;
  // A state in a fold of several, and how many members the states after it cover.
  struct Part {
    State state;
    std::size_t later = 0;
  };

  ScanGroup(PlanBuilder& builder, const CollectiveRequest& request, const std::vector<Rank>& group,
            std::int64_t slices);

  [[nodiscard]] std::size_t size() const { return at_.size(); }
  [[nodiscard]] bool inclusive() const { return request_.operation == Operation::scan; }
  [[nodiscard]] State input(std::size_t p) const;
  [[nodiscard]] BufferId output(std::size_t p) const { return at_[p].output; }
  BufferId scratch(std::size_t p, std::string_view name);
  BufferId scratch(std::size_t p, std::string_view name, std::size_t number);  // "name number"

  // The request's local work at p, if it asks for any; p's input is ready when it is done.
  void local_work(std::size_t p);
  void local_work_everywhere();

  // Operations on the lane of position p into `to`.
  State identity(std::size_t p, BufferId to);
  State copy(std::size_t p, const State& from, BufferId to);
  // earlier x decay^later_members + later: `later` holds the fold of that many members.
  State fold(std::size_t p, const State& earlier, const State& later, std::size_t later_members,
             BufferId to);
  State fold(std::size_t p, std::span<const Part> parts, BufferId to);

 private:
  [[nodiscard]] Slice slice(BufferId buffer, std::size_t i, std::size_t decay_power = 0) const {
    return {buffer, static_cast<std::int32_t>(decay_power), slices_[i].offset, slices_[i].size};
  }
  void wait_for(std::size_t p, const State& state, std::size_t i);
  PlanBuilder& builder_;
  const CollectiveRequest& request_;
  std::vector<Member> at_;                  // by position
  std::vector<OpId> ready_;                 // by position: its local work
  std::vector<std::size_t> length_before_;  // by position: sum of the lengths before it
  std::vector<Slice> slices_;               // of a state; of no buffer
  std::vector<Slice> sources_;              // of the op being made
  std::vector<Dep> deps_;                   // likewise
};

// Slices of a state that `wanted` asks for: none is empty unless the state is.
std::int64_t usable_slices(const CollectiveRequest& request, std::int64_t wanted);

bool has_local_work(const CollectiveRequest& request);
// ceil(log2 members), 0 for 1.
int levels_of(std::int64_t members);

}  // namespace twinlink::models
