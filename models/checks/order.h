#pragma once
// Which op happens before which: by lane order, dependencies and rendezvous.
//
// Need::visible asks for a path that also makes data visible: no flag_relaxed dependency, and no
// crossing of a rendezvous with relaxed flags (lane order counts).
// quick() answers the usual cases in O(dependencies of the later op): same lane; a direct
// dependency; same chain (ops joined greedily by their dependencies: in a ring the accesses to one
// chunk lie on one chain); the first rendezvous after the one is the last before the other.
// search() is complete: it walks back from the later op, to all questions about it at once, and
// not past the oldest op asked for: O(ops and dependencies between). All searches together stop
// after kMaxSteps steps; what is then not proved counts as unordered (exhausted()).
// Precondition: the plan passes check_structure and check_deadlock.
#include <cstdint>
#include <optional>
#include <vector>

#include "models/checks/large_vector.h"
#include "models/checks/meetings.h"
#include "models/checks/op_parts.h"

namespace twinlink::models::checks {

enum class Need : std::uint8_t { any, visible };

// For each op, the first rendezvous that it reaches and the last that reaches it (-1: none), as
// far as a walk over nearest neighbours sees them.
class MeetingReach {
 public:
  MeetingReach(const Plan& plan, const Meetings& meetings, Need need);
  [[nodiscard]] bool joined(OpId earlier, OpId later) const {
    return after_[earlier.index()] >= 0 && after_[earlier.index()] == before_[later.index()];
  }
  [[nodiscard]] std::int32_t last_before(OpId op) const { return before_[op.index()]; }

 private:
  std::vector<std::int32_t> after_, before_;
};

class Order {
 public:
  static constexpr std::int64_t kMaxSteps = std::int64_t{1} << 28;

  explicit Order(const Plan& plan);

  // True only if `earlier` happens before `later`. Precondition: earlier < later.
  [[nodiscard]] bool quick(const OpParts& later, OpId earlier, Need need) const {
    const Link& link = links_[later.id.index()];
    const bool chained = link.chain == links_[earlier.index()].chain;
    if (chained && (need == Need::any || link.visible_from <= earlier.value)) return true;
    return later.op->lane == plan_.op(earlier).lane || near(later, earlier, need);
  }
  // The same for an op that may be a member of the last rendezvous before `later`.
  [[nodiscard]] bool quick_any(const OpParts& later, OpId earlier) const;
  // Takes those that happen before `later` out of `earlier`.
  void search(OpId later, std::vector<OpId>& earlier, Need need);
  [[nodiscard]] bool exhausted() const { return steps_ > kMaxSteps; }

 private:
  struct Link {
    std::int32_t chain;         // the chain's first op
    std::int32_t visible_from;  // all links of the chain from this op on are visible
  };
  struct Reached {
    std::int32_t search = 0;
    std::int32_t op = -1;
  };

  [[nodiscard]] bool near(const OpParts& later, OpId earlier, Need need) const;
  void link_chains();
  void prepare_search();
  void visit(OpId op, OpId oldest);
  void mark_reached(OpId op);
  void expand(OpId op, OpId oldest, Need need);
  void expand_own(OpId op, OpId oldest, Need need);
  void take_out_reached(std::vector<OpId>& earlier) const;

  const Plan& plan_;
  Meetings meetings_;
  LargeVector<Link> links_;
  std::optional<MeetingReach> any_, visible_;
  // Search state: an op, lane or rendezvous was reached by the search of that number.
  std::vector<std::int32_t> previous_;  // in the lane
  std::vector<std::int32_t> visited_, met_;
  std::vector<Reached> reached_;  // per lane, the latest op
  std::vector<OpId> stack_;
  std::int32_t search_ = 0;
  std::int64_t steps_ = 0;
};

}  // namespace twinlink::models::checks
