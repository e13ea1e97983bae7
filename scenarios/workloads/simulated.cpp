#include "scenarios/workloads/simulated.h"

#include <fmt/format.h>

#include "models/checks/proof.h"
#include "scenarios/verdict.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

void add_proof(Simulated& out, const models::Plan& plan) {
  const models::Proof proof = models::prove(plan);
  out.correct = proof.correct();
  if (proof.correct()) return;
  out.reason = why_wrong(proof, plan.ranks());
  out.wrong_ranks = proof.wrong_ranks;
}

}  // namespace

double Simulated::time_us() const { return static_cast<double>(run.timeline.makespan().ps) / 1e6; }

Simulated simulate(const models::Plan& plan, const WorkloadContext& context) {
  Simulated out;
  if (context.check) add_proof(out, plan);
  ensure_resident(plan, context.machine.profile);
  try {
    const sim::SimExecutor executor(context.machine.topology, context.machine.profile);
    out.run = executor.simulate(plan);
  } catch (const InternalError&) {
    // A plan that is proved wrong may well get stuck; one that is proved right may not.
    if (out.correct.value_or(true)) throw;
  }
  return out;
}

void add_to(WorkloadRow& row, const Simulated& simulated) {
  const sim::SimResult& run = simulated.run;
  if (!row.time_us && !run.timeline.empty()) {
    row.time_us = simulated.time_us();
    row.bottleneck = text_of(run.bottleneck);
  }
  if (simulated.correct) row.correct = row.correct.value_or(true) && *simulated.correct;
  if (row.reason.empty()) row.reason = simulated.reason;
  row.provenance = worse(row.provenance.value_or(run.provenance), run.provenance);
  row.extrapolated |= run.extrapolated;
}

}  // namespace twinlink::scenarios
