#pragma once
// Lower bounds on the time of a plan: no executor can be faster.
//
//   resource bound   for each resource, the bytes that must cross it divided by its capacity
//   chain bound      longest path of latencies and unloaded transfer times over lanes, edges and
//                    rendezvous
// The bound is the larger. Holds for sim by construction; a test asserts sim >= bound for every
// plan.
#include "models/cost/calibration.h"
#include "models/plan/plan.h"
#include "topology/topology.h"

namespace twinlink::sim {

struct LowerBound {
  Duration resource, chain;
  [[nodiscard]] Duration time() const { return resource < chain ? chain : resource; }
};

LowerBound lower_bound(const models::Plan& plan, const topology::Topology& topology,
                       const models::CalibrationProfile& profile);

}  // namespace twinlink::sim
