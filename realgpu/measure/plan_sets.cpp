#include "realgpu/measure/plan_sets.h"

#include <algorithm>

#include "realgpu/quantile.h"
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

std::vector<models::LaneShape> shapes_for(std::int64_t bytes, bool quick) {
  const auto ctas = [bytes](std::int64_t each) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(bytes / each, 1, 128));
  };
  if (bytes > 32 * kMiB) return {{128, 512, 16, 4}};
  if (bytes >= kMiB && quick) return {{128, 512, 16, 4}};
  if (bytes >= kMiB) return {{64, 512, 16, 4}, {128, 512, 16, 4}};
  if (quick) return {{ctas(4096), 512, 16, 4}};
  if (bytes <= 64 << 10) return {{ctas(1024), 64, 16, 4}, {ctas(4096), 256, 16, 4}};
  return {{ctas(4096), 512, 16, 4}, {ctas(7168), 512, 16, 4}};
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

std::optional<double> add_plan(Recorder& recorder, const PlanCase& one) {
  const std::int64_t bytes = one.request.bytes.count;
  std::optional<double> median;
  recorder.add(what_of(one), {static_cast<double>(bytes), 0}, [&] {
    models::Plan plan;
    try {
      plan = models::build_plan(*one.algorithm, one.request);
    } catch (const InputError& error) {
      throw UnsupportedError(error.what());
    }
    const PlanSamples samples = run_plan(recorder, plan, bytes);
    if (!samples.seconds.empty()) median = quantile(samples.seconds, 0.5);
    return Sampled{samples.seconds, samples.mode + " mode, replays of one graph of several plans"};
  });
  return median;
}

}  // namespace twinlink::realgpu
