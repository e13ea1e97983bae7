#include "models/checks/meetings.h"

namespace twinlink::models::checks {

Meetings::Meetings(const Plan& plan) : first_(plan.rendezvous.size() + 1, 0) {
  if (plan.rendezvous.empty()) return;
  for (const Op& op : plan.ops)
    if (op.kind == OpKind::barrier) ++first_[op.detail + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  ops_.resize(first_.back());
  std::vector<std::size_t> next = first_;
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].kind == OpKind::barrier) ops_[next[plan.ops[i].detail]++] = OpId{i};
}

}  // namespace twinlink::models::checks
