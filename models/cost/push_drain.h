#pragma once
// Stores to peers are posted: what of their drain a lane does not wait for.
//
//   part     1 - link / issue, at least 0: an op whose SMs issue no faster than the link takes them
//            has nothing queued (link: what the links of its route take; issue: its SMs unloaded)
//   overlap  min(push_overlap, payload / link) x part: passes while the op begins and ends
//   ahead    min(push_ahead x link, payload) x part: still to pass when the lane goes on to its
//            next op, unless another rank waits for this op's fence, which waits for the drain
#include <vector>

#include "models/cost/calibration.h"
#include "models/plan/plan.h"

namespace twinlink::models {

struct Push {
  double payload, issue, link;  // bytes, bytes per second
};
struct PushDrain {
  Duration overlap{};
  double ahead = 0;  // bytes of payload
};
PushDrain push_drain(const CalibrationProfile& profile, const Push& push);

// By op: no op of another rank waits for a fenced flag of it, and no fenced barrier follows it.
std::vector<bool> unfenced_ops(const Plan& plan);

}  // namespace twinlink::models
