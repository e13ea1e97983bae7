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
#include "realgpu/process_group.h"
#include "scenarios/machine.h"
#include "scenarios/policy.h"
#include "scenarios/published.h"
#include "scenarios/verdict.h"
#include "scenarios/version.h"
#include "scenarios/workloads/workload_run.h"
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
  std::string name;                    // of an algorithm or a policy
  const models::Algorithm* algorithm;  // what that is here
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
    check_ranks_fit();
    if (options_.check) records_ = published_records();
    if (scenario_.executor == ExecutorKind::realgpu) realgpu_ = realgpu::make_realgpu(measuring());
  }

  Run run() {
    Run run;
    describe(machine_, run);
    const std::vector<Point> points = all_points();
    run.points = points.size();
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (stopped()) {
        run.interrupted = true;
        break;
      }
      add_point(points[i], run);
      run.done = i + 1;
      if (options_.progress) options_.progress(i + 1, points.size());
    }
    add_speedups(run.results);
    add_regrets(run.results);
    return run;
  }

 private:
  [[nodiscard]] int most_gpus() const {
    const int ranks = *std::max_element(scenario_.ranks.begin(), scenario_.ranks.end());
    return (ranks + scenario_.ranks_per_gpu - 1) / scenario_.ranks_per_gpu;
  }

  // Processes that measure together stop together.
  [[nodiscard]] bool stopped() const {
    const bool here = options_.stop != nullptr && options_.stop->load();
    const auto& processes = options_.measuring.processes;
    return processes == nullptr ? here : processes->any("interrupt", here);
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
        issues.push_back(
            {fmt::format("{}/ranks/{}", scenario_.machine.ranks.empty() ? "" : scenario_.machine.at,
                         i),
             fmt::format("{} ranks do not fit on the {} GPUs of {} with {} per GPU",
                         scenario_.ranks[i], gpus(), machine_.topology.name(),
                         scenario_.ranks_per_gpu),
             scenario_.file});
    if (!issues.empty()) throw InputError(std::move(issues));
  }

  [[nodiscard]] std::vector<Point> all_points() const {
    std::vector<Point> points;
    for (const std::string& name : scenario_.algorithms)
      for (const int ranks : scenario_.ranks)
        for (const Bytes bytes : scenario_.bytes) points.push_back({name, nullptr, ranks, bytes});
    return points;
  }

  void add_point(Point point, Run& run) {
    try {
      point.algorithm = &algorithm_for(point.name, machine_.topology, request(point));
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
    return {point.name, point.ranks, point.bytes, reason};
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
    out.lengths = scenario_.params.lengths;
    out.horizon_error = scenario_.params.horizon_error;
    out.channels = scenario_.params.channels;
    out.bidirectional = scenario_.params.bidirectional;
    out.counts = scenario_.params.counts;
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
    Result result = result_header(scenario_, machine_);
    result.operation = scenario_.operation;
    result.algorithm = point.name;
    if (point.name != point.algorithm->name) result.chosen = point.algorithm->name;
    result.ranks = point.ranks;
    result.bytes = point.bytes;
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
    // nccl-tests' factor is that of equal blocks.
    if (!scenario_.params.counts.empty()) result.busbw_gbps.reset();
    result.published = find_published(records_, result);
    return result;
  }

  [[nodiscard]] static int members(const Plan& plan) {
    std::size_t most = 1;
    for (const models::Group& group : plan.groups) most = std::max(most, group.members.size());
    return static_cast<int>(most);
  }

  void simulate(const Plan& plan, std::future<Proof>& proof, Result& result) const {
    ensure_resident(plan, machine_.profile);
    try {
      const sim::SimExecutor executor(machine_.topology, machine_.profile);
      const sim::SimResult run = executor.simulate(plan);
      set_time(result, microseconds(run.timeline.makespan()), members(plan));
      result.bottleneck = text_of(run.bottleneck);
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
    result.digest = run.digest;
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
  std::vector<PublishedRecord> records_;
  std::unique_ptr<models::Executor> realgpu_;
};

// "a, b"; a name that is there already is not named again.
void add_name(std::string& names, const std::string& name) {
  if ((names + ", ").find(name + ", ") != std::string::npos) return;
  names += (names.empty() ? "" : ", ") + name;
}

void append(Run& all, const Run& part) {
  std::ranges::copy(part.results, std::back_inserter(all.results));
  std::ranges::copy(part.skipped, std::back_inserter(all.skipped));
  all.points += part.points;
  all.done += part.done;
  all.interrupted = part.interrupted;
  add_name(all.machine, part.machine);
  add_name(all.machine_source, part.machine_source);
  add_name(all.profile, part.profile);
  add_name(all.profile_about, part.profile_about);
  all.gpus = std::max(all.gpus, part.gpus);
}

// Rows of two machines must be told apart.
void ensure_another(const Run& all, const Run& part, const Scenario& machine) {
  if (part.results.empty()) return;
  const Result& row = part.results.front();
  for (const Result& other : all.results)
    if (other.machine == row.machine && other.variant == row.variant)
      throw InputError("this is machine \"" + row.machine + "\" a second time", machine.machine.at);
}

Run run_on_one(const Scenario& scenario, const RunOptions& options) {
  if (scenario.workload) return run_workload(scenario, options);
  return Runner(scenario, options).run();
}

}  // namespace

void describe(const Machine& machine, Run& run) {
  run.machine = machine.topology.name();
  run.machine_source = machine.topology.source();
  run.profile = machine.profile.name;
  run.profile_about = machine.profile.about;
  run.gpus = static_cast<int>(machine.topology.gpus().size());
}

Result result_header(const Scenario& scenario, const Machine& machine) {
  Result result;
  result.scenario = scenario.name;
  result.scenario_hash = scenario.hash;
  result.variant = variant_of(scenario);
  result.machine = machine.topology.name();
  result.executor = scenario.executor;
  result.profile = machine.profile.name;
  result.seed = scenario.seed;
  result.version = version();
  return result;
}

Run run_scenario(const Scenario& scenario, const RunOptions& options) {
  const std::vector<Scenario> machines = machines_of(scenario);
  if (machines.size() == 1) return run_on_one(machines.front(), options);
  const std::size_t points = points_of(scenario);
  Run all;
  for (std::size_t i = 0; i < machines.size() && !all.interrupted; ++i) {
    RunOptions here = options;
    if (options.progress)
      here.progress = [&](std::size_t done, std::size_t) {
        options.progress(all.points + done, points);
      };
    const Run part = run_on_one(machines[i], here);
    ensure_another(all, part, machines[i]);
    append(all, part);
  }
  all.points = points;
  return all;
}

}  // namespace twinlink::scenarios
