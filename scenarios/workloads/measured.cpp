#include "scenarios/workloads/measured.h"

#include <algorithm>

#include "models/checks/proof.h"
#include "realgpu/realgpu.h"
#include "scenarios/verdict.h"

namespace twinlink::scenarios {
namespace {

constexpr int kSamples = 10;

realgpu::Options options() {
  realgpu::Options options;
  options.mode = realgpu::Mode::stream;
  options.warmup = 2;
  options.iterations = kSamples;
  options.repeats = 1;
  return options;
}

void add_proof(WorkloadRow& row, const models::Plan& plan) {
  const models::Proof proof = models::prove(plan);
  row.correct = proof.correct();
  if (!proof.correct()) row.reason = why_wrong(proof, plan.ranks());
}

}  // namespace

models::Timeline run_on_gpus(WorkloadRow& row, const models::Plan& plan,
                             const WorkloadContext& context) {
  if (context.check) add_proof(row, plan);
  const models::Execution run = realgpu::make_realgpu(options())->execute(plan, {});
  row.provenance = Provenance::measured;
  if (!run.numbers->correct) {
    row.correct = false;
    row.reason = "GPU: " + run.numbers->reason;
    return {};
  }
  std::vector<Duration> samples = run.samples;
  std::ranges::sort(samples, {}, &Duration::ps);
  row.time_us = static_cast<double>(samples[samples.size() / 2].ps) / 1e6;
  return run.timeline;
}

}  // namespace twinlink::scenarios
