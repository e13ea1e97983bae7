#pragma once
// Executor `sim`: the plan in simulated time.
//
// Discrete events, ordered by (time, sequence). An op starts when its lane reaches it, its
// dependencies have completed (plus edge latency) and its engine has room; it then spends its
// latency phase, and moves its payload at the rate that the flow solver gives it. Rates change only
// when a flow begins or ends in its component. Equal-time events are drained before one solve.
// Times are integer picoseconds, rounded up once per rate change of a flow.
// Same plan, topology and profile: the same bytes out, on any thread count. No clock, no globals.
// A plan that cannot go on is an InternalError naming a stuck op (checks reject it before).
#include <vector>

#include "models/cost/calibration.h"
#include "models/executor.h"
#include "sim/bounds.h"
#include "topology/topology.h"

namespace twinlink::sim {

// What limited the run: the busiest resource and the share of the makespan it was in use at
// capacity.
struct Bottleneck {
  std::string resource;  // e.g. "link gpu3 -> nvswitch0", "latency", "copy engine 0 of gpu1"
  double utilisation = 0;
};

struct SimResult {
  models::Timeline timeline;
  Bottleneck bottleneck;
  std::vector<double> resource_bytes;  // moved per resource of the CostModel
  std::vector<double> mean_clocks;     // share of full clock per GPU; empty if no clock moves
  LowerBound lower_bound;
  Provenance provenance = Provenance::assumed;  // as CostModel::provenance
  bool extrapolated = false;                    // as CostModel::extrapolated
};

class SimExecutor : public models::Executor {
 public:
  SimExecutor(const topology::Topology& topology, const models::CalibrationProfile& profile)
      : topology_(topology), profile_(profile) {}
  models::Execution execute(const models::Plan& plan, const models::Inputs& inputs) override;
  // As execute, with what was learned on the way.
  SimResult simulate(const models::Plan& plan) const;

 private:
  SimResult simulate_lowered(const models::Plan& plan) const;
  const topology::Topology& topology_;
  const models::CalibrationProfile& profile_;
};

}  // namespace twinlink::sim
