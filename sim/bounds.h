#pragma once
// Lower bounds on the time of a plan: no executor can be faster.
//
//   resource bound   for each resource, the bytes that must cross it divided by its capacity
//   chain bound      longest path of latencies and unloaded transfer times over lanes, edges and
//                    rendezvous
// The bound is the larger. Holds for sim by construction; a test asserts sim >= bound for every
// plan.
// A Simulation gives the same bound of its own run (same numbers, no second pass over the plan).
#include <vector>

#include "models/cost/calibration.h"
#include "models/cost/cost_model.h"
#include "models/plan/plan.h"
#include "topology/topology.h"

namespace twinlink::sim {

struct LowerBound {
  Duration resource, chain;
  [[nodiscard]] Duration time() const { return resource < chain ? chain : resource; }
};

// How long before its end an op's lane may go on, at most.
Duration ahead_of(const models::CostModel& costs, const models::OpCost& cost);
// How long the payload takes alone; rounded down, so that sums of it stay below.
Duration unloaded_transfer(const models::CostModel& costs, const models::OpCost& cost);
// The resource bound, given the bytes that cross each resource.
Duration resource_bound(const models::CostModel& costs, const std::vector<double>& bytes);

LowerBound lower_bound(const models::Plan& plan, const topology::Topology& topology,
                       const models::CalibrationProfile& profile);

}  // namespace twinlink::sim
