#pragma once
// Transfers by copy engines: every member deals its pushes to a few queues and learns of what
// arrived by stream memory operations; no SM is used.
//
// begin() is a meeting without a kernel: an op of no bytes per member, and one that waits for those
// of all others, or only for that of the member to the right if nobody else is pushed to. Pushes of
// a member go to its queues in turn, at most kCopyQueues: enough for one engine's issue to hide
// behind another's bytes; a machine with fewer engines lets fewer run. end() waits, at every
// member, for what was pushed to it.
#include <vector>

#include "models/collectives/collective_group.h"

namespace twinlink::models {

inline constexpr std::size_t kCopyQueues = 4;

class CopyQueues {
 public:
  CopyQueues(PlanBuilder& builder, const CollectiveRequest& request, CollectiveGroup& group);
  enum class Partners : bool { all, right };
  void begin(Partners partners = Partners::all);
  void push(std::size_t from, std::size_t to, const Slice& source, const Slice& destination);
  void end();

 private:
  struct Queues {
    std::vector<LaneId> lanes;
    std::size_t pushed = 0;
    OpId begun;
    std::vector<Dep> arriving;
  };
  PlanBuilder& builder_;
  CollectiveGroup& group_;
  std::vector<Queues> queues_;  // by member
};

// Most pushes on one queue when `pushes` are dealt.
std::int64_t pushes_in_turn(std::int64_t pushes);
// At most this for a group where every member pushes to all, its own share included.
OpCounts copy_queues_size(std::size_t members);

}  // namespace twinlink::models
