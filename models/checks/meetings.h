#pragma once
// The barrier ops of each rendezvous, ascending by op; on request also the ops of each library
// call, as further rendezvous after those of the plan. For deadlocks a call is one; for the order
// of accesses it is not: a library need not make its members wait for each other.
#include <cstdint>
#include <span>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::models::checks {

class Meetings {
 public:
  enum class Of : std::uint8_t { barriers, barriers_and_calls };
  explicit Meetings(const Plan& plan, Of of = Of::barriers);

  [[nodiscard]] bool empty() const { return ops_.empty(); }
  [[nodiscard]] std::size_t size() const { return first_.size() - 1; }
  [[nodiscard]] std::span<const OpId> members(std::size_t rendezvous) const {
    return std::span(ops_).subspan(first_[rendezvous], first_[rendezvous + 1] - first_[rendezvous]);
  }
  // The last member of the rendezvous of a barrier op; the op itself for every other op. Grows
  // along every path of a plan that passes check_deadlock.
  [[nodiscard]] OpId completion(const Plan& plan, OpId id) const {
    const std::int64_t meeting = meeting_of(plan, plan.ops[id.index()]);
    return meeting >= 0 ? members(static_cast<std::size_t>(meeting)).back() : id;
  }

 private:
  // The rendezvous of an op; -1: none.
  [[nodiscard]] std::int64_t meeting_of(const Plan& plan, const Op& op) const {
    if (op.kind == OpKind::barrier) return op.detail;
    if (op.kind != OpKind::library || of_ == Of::barriers) return -1;
    return static_cast<std::int64_t>(plan.rendezvous.size()) + op.detail;
  }

  Of of_;
  std::vector<std::size_t> first_;
  std::vector<OpId> ops_;
};

}  // namespace twinlink::models::checks
