#include "scenarios/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <map>
#include <memory>

#include "models/checks/proof.h"
#include "models/collectives/catalogue.h"
#include "models/cost/calibration.h"
#include "scenarios/machine.h"
#include "scenarios/published.h"
#include "scenarios/verdict.h"
#include "scenarios/version.h"
#include "sim/host_executor.h"
#include "sim/sim_executor.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using models::Plan;
using models::Proof;

// Below this many ops a second thread costs more than it saves.
constexpr std::size_t kParallelOps = 20'000;

struct Point {
  const models::Algorithm* algorithm;
  int ranks;
  Bytes bytes;
};

// Correctly rounded, so that 25 ns print as 0.025 us.
double microseconds(Duration d) { return static_cast<double>(d.ps) / 1e6; }

// Value below which the share q of the sorted samples lies, interpolated.
double quantile(const std::vector<Duration>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  const double share = at - static_cast<double>(low);
  return microseconds(sorted[low]) * (1 - share) + microseconds(sorted[high]) * share;
}

class Runner {
 public:
  Runner(const Scenario& scenario, const RunOptions& options)
      : scenario_(scenario), options_(options), machine_(resolve_machine(scenario, most_gpus())) {
    for (const std::string& name : scenario_.algorithms)
      algorithms_.push_back(&models::find_algorithm(scenario_.operation, name));
    check_ranks_fit();
    if (options_.check) records_ = published_records();
    if (scenario_.executor == ExecutorKind::realgpu) realgpu_ = realgpu::make_realgpu(measuring());
  }

  Run run() {
    Run run;
    describe(run);
    const std::vector<Point> points = all_points();
    run.points = points.size();
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (options_.stop != nullptr && options_.stop->load()) {
        run.interrupted = true;
        break;
      }
      add_point(points[i], run);
      if (options_.progress) options_.progress(i + 1, points.size());
    }
    add_speedups(run.results);
    return run;
  }

 private:
  [[nodiscard]] int most_gpus() const {
    const int ranks = *std::max_element(scenario_.ranks.begin(), scenario_.ranks.end());
    return (ranks + scenario_.ranks_per_gpu - 1) / scenario_.ranks_per_gpu;
  }

  [[nodiscard]] realgpu::Options measuring() const {
    realgpu::Options wanted = options_.measuring;
    if (scenario_.params.mode)
      wanted.mode =
          *scenario_.params.mode == "fused" ? realgpu::Mode::fused : realgpu::Mode::stream;
    return wanted;
  }

  [[nodiscard]] int gpus() const { return static_cast<int>(machine_.topology.gpus().size()); }

  void check_ranks_fit() const {
    std::vector<InputIssue> issues;
    for (std::size_t i = 0; i < scenario_.ranks.size(); ++i)
      if (scenario_.ranks[i] > gpus() * scenario_.ranks_per_gpu)
        issues.push_back({fmt::format("/ranks/{}", i),
                          fmt::format("{} ranks do not fit on the {} GPUs of {} with {} per GPU",
                                      scenario_.ranks[i], gpus(), machine_.topology.name(),
                                      scenario_.ranks_per_gpu),
                          scenario_.file});
    if (!issues.empty()) throw InputError(std::move(issues));
  }

  void describe(Run& run) const {
    run.machine = machine_.topology.name();
    run.machine_source = machine_.topology.source();
    run.profile = machine_.profile.name;
    run.profile_about = machine_.profile.about;
    run.gpus = gpus();
  }

  [[nodiscard]] std::vector<Point> all_points() const {
    std::vector<Point> points;
    for (const models::Algorithm* algorithm : algorithms_)
      for (const int ranks : scenario_.ranks)
        for (const Bytes bytes : scenario_.bytes) points.push_back({algorithm, ranks, bytes});
    return points;
  }

  void add_point(const Point& point, Run& run) {
    try {
      const Plan plan = models::build_plan(*point.algorithm, request(point));
      run.results.push_back(execute(point, plan));
    } catch (const InputError& error) {
      if (!options_.skip_refused) throw;
      run.skipped.push_back(skipped(point, error.what()));
    } catch (const UnsupportedError& error) {
      if (!options_.skip_refused) throw;
      run.skipped.push_back(skipped(point, error.what()));
    }
  }

  static Skipped skipped(const Point& point, const char* reason) {
    return {std::string(point.algorithm->name), point.ranks, point.bytes, reason};
  }

  [[nodiscard]] models::CollectiveRequest request(const Point& point) const {
    models::CollectiveRequest out;
    out.operation = scenario_.operation;
    out.suffix = scenario_.params.suffix;
    out.gpu_of_rank = gpu_of_rank(point.ranks, scenario_.ranks_per_gpu);
    for (const std::vector<int>& group : scenario_.groups) {
      out.groups.emplace_back();
      for (const int rank : group) out.groups.back().push_back(Rank{rank});
    }
    out.bytes = point.bytes;
    out.element = scenario_.element;
    out.heads = scenario_.params.heads;
    out.decays = scenario_.params.decays;
    out.shape = scenario_.params.shape;
    out.launch = scenario_.launch;
    out.slices = scenario_.params.slices;
    describe_machine(machine_.topology, out);
    out.local_work.kernel = "local";
    out.local_work.flops = scenario_.params.local_flops;
    out.local_work.hbm_bytes = scenario_.params.local_hbm_bytes;
    return out;
  }

  // Outside what the real kernel, which the algorithm copies, can do.
  [[nodiscard]] bool is_beyond(const Point& point) const {
    return point.algorithm->beyond != nullptr && !point.algorithm->beyond(request(point)).empty();
  }

  [[nodiscard]] models::Inputs inputs(models::Arithmetic arithmetic) const {
    return {scenario_.seed, arithmetic, scenario_.params.decays};
  }

  [[nodiscard]] Result header(const Point& point) const {
    Result result;
    result.scenario = scenario_.name;
    result.scenario_hash = scenario_.hash;
    result.variant = variant_of(scenario_);
    result.operation = scenario_.operation;
    result.algorithm = point.algorithm->name;
    result.machine = machine_.topology.name();
    result.executor = scenario_.executor;
    result.profile = machine_.profile.name;
    result.ranks = point.ranks;
    result.bytes = point.bytes;
    result.seed = scenario_.seed;
    result.version = version();
    return result;
  }

  [[nodiscard]] Result execute(const Point& point, const Plan& plan) {
    const auto policy =
        plan.ops.size() >= kParallelOps ? std::launch::async : std::launch::deferred;
    std::future<Proof> proof;
    if (options_.check) proof = std::async(policy, [&plan] { return models::prove(plan); });
    Result result = header(point);
    switch (scenario_.executor) {
      case ExecutorKind::sim:
        simulate(plan, proof, result);
        result.extrapolated |= is_beyond(point);
        break;
      case ExecutorKind::host: compute(plan, result); break;
      case ExecutorKind::realgpu: measure(plan, result); break;
    }
    if (proof.valid()) add_verdict(proof.get(), *point.algorithm, result);
    result.published = find_published(records_, result);
    return result;
  }

  [[nodiscard]] static int members(const Plan& plan) {
    std::size_t most = 1;
    for (const models::Group& group : plan.groups) most = std::max(most, group.members.size());
    return static_cast<int>(most);
  }

  // Kernels that wait for each other must fit on their GPU together, or they wait for ever.
  void ensure_resident(const Plan& plan) const {
    const int slots = models::cta_slots(machine_.profile);
    if (slots == 0) return;
    const Proof fits = models::check_residency(plan, slots);
    if (!fits.correct())
      throw UnsupportedError(fits.findings.front().message +
                             " (use fewer \"ctas\" or \"ranks_per_gpu\")");
  }

  void simulate(const Plan& plan, std::future<Proof>& proof, Result& result) const {
    ensure_resident(plan);
    try {
      const sim::SimExecutor executor(machine_.topology, machine_.profile);
      const sim::SimResult run = executor.simulate(plan);
      set_time(result, microseconds(run.timeline.makespan()), members(plan));
      if (!run.bottleneck.resource.empty())
        result.bottleneck =
            fmt::format("{} ({:.0f}%)", run.bottleneck.resource, 100 * run.bottleneck.utilisation);
      if (options_.on_timeline) options_.on_timeline(result, plan, run.timeline);
      result.provenance = name_of(run.provenance);
      result.extrapolated = run.extrapolated;
      result.lower_bound_us = microseconds(run.lower_bound.time());
    } catch (const InternalError&) {
      // A plan that is proved wrong may well get stuck; one that is proved right may not.
      if (!proof.valid()) throw;
      Proof verdict = proof.get();
      if (verdict.correct()) throw;
      std::promise<Proof> known;
      known.set_value(std::move(verdict));
      proof = known.get_future();
    }
  }

  // Numbers of the host in exact arithmetic and in the plan's own.
  void compute(const Plan& plan, Result& result) const {
    if (!options_.check) return;
    sim::HostExecutor host;
    for (const models::Arithmetic arithmetic :
         {models::Arithmetic::exact, models::Arithmetic::element})
      add_numbers(host.execute(plan, inputs(arithmetic)), "host", result);
  }

  void measure(const Plan& plan, Result& result) {
    const models::Execution run = realgpu_->execute(plan, inputs(models::Arithmetic::element));
    result.provenance = name_of(Provenance::measured);
    result.mode = run.mode;
    // Without samples the numbers were wrong, and a wrong answer has no time.
    std::vector<Duration> samples = run.samples;
    std::sort(samples.begin(), samples.end());
    if (!samples.empty()) {
      set_time(result, quantile(samples, 0.5), members(plan));
      result.time_us_p10 = quantile(samples, 0.1);
      result.time_us_p90 = quantile(samples, 0.9);
    }
    if (options_.on_timeline && !run.timeline.empty())
      options_.on_timeline(result, plan, run.timeline);
    compute(plan, result);
    if (options_.check) add_numbers(run, "GPU", result);
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  Machine machine_;
  std::vector<const models::Algorithm*> algorithms_;
  std::vector<PublishedRecord> records_;
  std::unique_ptr<models::Executor> realgpu_;
};

// Issues of one alternative stand under it.
InputError standing_in(std::size_t alternative, std::vector<InputIssue> issues) {
  const std::string list = "/machine/degrade/";
  for (InputIssue& issue : issues)
    if (issue.pointer.starts_with(list))
      issue.pointer.insert(list.size(), std::to_string(alternative) + "/");
  return InputError(std::move(issues));
}

void append(Run& all, Run part) {
  std::vector<Result> results = std::move(all.results);
  std::vector<Skipped> skipped = std::move(all.skipped);
  std::ranges::move(part.results, std::back_inserter(results));
  std::ranges::move(part.skipped, std::back_inserter(skipped));
  all = std::move(part);
  all.results = std::move(results);
  all.skipped = std::move(skipped);
}

}  // namespace

std::vector<Scenario> machines_of(const Scenario& scenario) {
  if (scenario.machine.alternatives.empty()) return {scenario};
  std::vector<Scenario> machines;
  for (const auto& degradations : scenario.machine.alternatives) {
    machines.push_back(scenario);
    machines.back().machine.degrade = degradations;
    machines.back().machine.alternatives.clear();
  }
  return machines;
}

std::string variant_of(const Scenario& scenario) {
  std::string text;
  for (const topology::Degradation& d : scenario.machine.degrade)
    text += fmt::format("{}{}:{}:{}", text.empty() ? "degrade " : ", ", d.from, d.to, d.factor);
  return text;
}

Run run_scenario(const Scenario& scenario, const RunOptions& options) {
  if (scenario.machine.alternatives.empty()) return Runner(scenario, options).run();
  const std::vector<Scenario> machines = machines_of(scenario);
  Run all;
  for (std::size_t i = 0; i < machines.size() && !all.interrupted; ++i) {
    RunOptions here = options;
    if (options.progress)
      here.progress = [&](std::size_t done, std::size_t points) {
        options.progress(i * points + done, machines.size() * points);
      };
    try {
      append(all, Runner(machines[i], here).run());
    } catch (const InputError& error) {
      throw standing_in(i, error.issues());
    }
  }
  all.points *= machines.size();
  return all;
}

}  // namespace twinlink::scenarios
