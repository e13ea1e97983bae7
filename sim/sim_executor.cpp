#include "sim/sim_executor.h"

#include "models/cost/cost_model.h"
#include "models/library/lower.h"
#include "sim/simulation.h"

namespace twinlink::sim {
namespace {

using namespace models;

// Below this utilisation no resource explains the time: latencies and dependencies do.
constexpr double kBusy = 0.5;

Bottleneck find_bottleneck(const CostModel& costs, const std::vector<double>& bytes,
                           Duration makespan) {
  Bottleneck worst{"latency", 0};
  if (makespan.ps == 0) return worst;
  std::int32_t busiest = -1;
  for (std::size_t r = 0; r < bytes.size(); ++r) {
    const double seconds = static_cast<double>(makespan.ps) * 1e-12;
    const double utilisation = bytes[r] / (costs.resources()[r].capacity * seconds);
    if (utilisation <= worst.utilisation) continue;
    worst.utilisation = utilisation;
    busiest = static_cast<std::int32_t>(r);
  }
  if (worst.utilisation >= kBusy) worst.resource = costs.name_of(busiest);
  return worst;
}

}  // namespace

// Library calls as what the library does; times are then those of the calls' own ops.
SimResult SimExecutor::simulate_lowered(const Plan& plan) const {
  const LoweredPlan lowered = lower(plan, library_machine(topology_));
  SimResult result = simulate(lowered.plan);
  Timeline timeline{Clock::simulated, {}, {}, {}};
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    timeline.start.push_back(result.timeline.start[lowered.first[i].index()]);
    timeline.end.push_back(result.timeline.end[lowered.last[i].index()]);
  }
  result.timeline = std::move(timeline);
  return result;
}

SimResult SimExecutor::simulate(const Plan& plan) const {
  if (!plan.library_calls.empty()) return simulate_lowered(plan);
  CostModel costs(topology_, profile_, plan);
  Simulation simulation(plan, costs, Simulation::Bound::wanted);
  simulation.run();
  SimResult result;
  result.mean_clocks = simulation.mean_clocks();
  result.timeline = simulation.take_timeline();
  result.resource_bytes = simulation.resource_bytes();
  result.lower_bound = simulation.lower_bound();
  result.provenance = costs.provenance();
  result.extrapolated = costs.extrapolated();
  result.bottleneck = find_bottleneck(costs, result.resource_bytes, result.timeline.makespan());
  return result;
}

Execution SimExecutor::execute(const Plan& plan, const Inputs&) {
  return {simulate(plan).timeline, {}, {}};
}

}  // namespace twinlink::sim
