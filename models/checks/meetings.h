#pragma once
// The barrier ops of each rendezvous, ascending by op.
#include <cstdint>
#include <span>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::models::checks {

class Meetings {
 public:
  explicit Meetings(const Plan& plan);

  [[nodiscard]] bool empty() const { return ops_.empty(); }
  [[nodiscard]] std::span<const OpId> members(std::size_t rendezvous) const {
    return std::span(ops_).subspan(first_[rendezvous], first_[rendezvous + 1] - first_[rendezvous]);
  }
  // The last member of the rendezvous of a barrier op; the op itself for every other op. Grows
  // along every path of a plan that passes check_deadlock.
  [[nodiscard]] OpId completion(const Plan& plan, OpId id) const {
    const Op& op = plan.ops[id.index()];
    return op.kind == OpKind::barrier ? members(op.detail).back() : id;
  }

 private:
  std::vector<std::size_t> first_;
  std::vector<OpId> ops_;
};

}  // namespace twinlink::models::checks
