#include "models/checks/meetings.h"

namespace twinlink::models::checks {

Meetings::Meetings(const Plan& plan, Of of) : of_(of) {
  const std::size_t calls = of == Of::barriers ? 0 : plan.library_calls.size();
  first_.assign(plan.rendezvous.size() + calls + 1, 0);
  if (size() == 0) return;
  for (const Op& op : plan.ops)
    if (const std::int64_t m = meeting_of(plan, op); m >= 0)
      ++first_[static_cast<std::size_t>(m) + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  ops_.resize(first_.back());
  std::vector<std::size_t> next = first_;
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (const std::int64_t m = meeting_of(plan, plan.ops[i]); m >= 0)
      ops_[next[static_cast<std::size_t>(m)]++] = OpId{i};
}

}  // namespace twinlink::models::checks
