#include "realgpu/measure/plan_sets.h"

#include <algorithm>

#include "realgpu/realgpu.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

Options options_for(bool quick, std::int64_t bytes) {
  Options options;
  options.timeline = false;
  options.warmup = quick ? 2 : 5;
  options.iterations = quick ? 7 : 20;
  options.repeats = bytes >= 64 * kMiB ? 2 : (bytes >= 4 * kMiB ? 4 : 10);
  return options;
}

What what_of(const PlanCase& one) {
  const models::CollectiveRequest& request = one.request;
  const std::vector<std::int32_t>& gpus = request.gpu_of_rank;
  What what{{"measure", one.measure},
            {"operation", std::string(models::name_of(request.operation))},
            {"algorithm", std::string(one.algorithm->name)},
            {"ranks", static_cast<double>(gpus.size())},
            {"gpus", 1.0 + *std::max_element(gpus.begin(), gpus.end())},
            {"bytes", static_cast<double>(request.bytes.count)},
            {"element", std::string(models::name_of(request.element))}};
  what.emplace_back("ctas", static_cast<double>(request.shape.ctas));
  what.emplace_back("threads", static_cast<double>(request.shape.threads));
  what.emplace_back("loads", static_cast<double>(request.shape.loads_in_flight));
  return what;
}

}  // namespace

std::vector<std::int32_t> spread_over(int ranks, int gpus) {
  std::vector<std::int32_t> all;
  for (int rank = 0; rank < ranks; ++rank) all.push_back(rank * std::min(gpus, ranks) / ranks);
  return all;
}

std::vector<const models::Algorithm*> runnable(models::Operation operation) {
  std::vector<const models::Algorithm*> all;
  for (const models::Algorithm& algorithm : models::catalogue())
    if (algorithm.operation == operation && algorithm.needs == models::Needs::nothing &&
        algorithm.closed_form != nullptr)
      all.push_back(&algorithm);
  return all;
}

PlanSamples run_plan(Recorder& recorder, const models::Plan& plan, std::int64_t bytes) {
  models::Inputs inputs;
  for (const models::Claim& claim : plan.claims)
    inputs.decays.assign(static_cast<std::size_t>(claim.heads), 0.9);
  const models::Execution run =
      make_realgpu(options_for(recorder.quick(), bytes))->execute(plan, inputs);
  if (!run.numbers->correct) {
    recorder.add_wrong(plan.name + " of " + std::to_string(bytes) + " bytes on " +
                       std::to_string(plan.ranks()) + " ranks: " + run.numbers->reason);
    return {};
  }
  PlanSamples samples{{}, run.mode};
  for (const Duration sample : run.samples)
    samples.seconds.push_back(static_cast<double>(sample.ps) * 1e-12);
  return samples;
}

void add_plan(Recorder& recorder, const PlanCase& one) {
  const std::int64_t bytes = one.request.bytes.count;
  recorder.add(what_of(one), {static_cast<double>(bytes), 0}, [&] {
    models::Plan plan;
    try {
      plan = models::build_plan(*one.algorithm, one.request);
    } catch (const InputError& error) {
      throw UnsupportedError(error.what());
    }
    const PlanSamples samples = run_plan(recorder, plan, bytes);
    return Sampled{samples.seconds, samples.mode + " mode, replays of one graph of several plans"};
  });
}

}  // namespace twinlink::realgpu
