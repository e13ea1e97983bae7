#include "models/cost/push_drain.h"

#include <algorithm>
#include <cmath>

#include "models/cost/launch_order.h"

namespace twinlink::models {

PushDrain push_drain(const CalibrationProfile& profile, const Push& push) {
  if (!std::isfinite(push.link) || push.link <= 0 || push.issue <= push.link) return {};
  const double part = 1 - push.link / push.issue;
  const double seconds = std::min(profile.push_overlap.value * 1e-6, push.payload / push.link);
  const double ahead = std::min(profile.push_ahead.value * 1e-6 * push.link, push.payload);
  return {{std::llround(seconds * part * 1e12)}, ahead * part};
}

std::vector<bool> unfenced_ops(const Plan& plan) {
  std::vector<bool> unfenced(plan.ops.size(), true);
  std::vector<OpId> last(plan.lanes.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const Op& op = plan.ops[i];
    OpId& before = last[op.lane.index()];
    if (op.kind == OpKind::barrier && awaits_fence(plan, OpId{i}) && before.valid())
      unfenced[before.index()] = false;
    before = OpId{i};
    for (const Dep& d : plan.deps_of(OpId{i}))
      if (is_remote_fence(plan, OpId{i}, d)) unfenced[d.id().index()] = false;
  }
  return unfenced;
}

}  // namespace twinlink::models
