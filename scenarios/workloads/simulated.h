#pragma once
// One plan of a workload, proved and simulated: what most rows are made of.
#include "models/plan/plan.h"
#include "scenarios/workloads/workload.h"
#include "sim/sim_executor.h"

namespace twinlink::scenarios {

struct Simulated {
  sim::SimResult run;
  std::optional<bool> correct;  // none: not checked
  std::string reason;           // why not correct
  std::vector<Rank> wrong_ranks;
  [[nodiscard]] double time_us() const;
};

// Refuses (UnsupportedError) kernels that cannot be resident together. A plan that is proved wrong
// and gets stuck has an empty timeline.
Simulated simulate(const models::Plan& plan, const WorkloadContext& context);

// Puts time, verdict, bottleneck and provenance into the row. Called for several plans: times are
// not touched after the first, verdicts and provenance become the worst.
void add_to(WorkloadRow& row, const Simulated& simulated);

}  // namespace twinlink::scenarios
