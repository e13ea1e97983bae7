#include "scenarios/workloads/workload_run.h"

#include <fmt/format.h>

#include "scenarios/workloads/study_record.h"
#include "scenarios/workloads/workload.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

void ensure_fits(const Scenario& scenario, const Machine& machine) {
  const int have = static_cast<int>(machine.topology.gpus().size());
  const int need = scenario.workload->gpus();
  if (need <= have) return;
  throw InputError(
      {{"/workload",
        fmt::format("the workload needs {} GPUs; {} has {}", need, machine.topology.name(), have),
        scenario.file}});
}

// "dep4", or "dep4, degrade a:b:0.5" on a degraded machine.
std::string joined(const std::string& variant, const std::string& degraded) {
  return variant + (variant.empty() || degraded.empty() ? "" : ", ") + degraded;
}

Result to_result(const WorkloadRow& row, const Scenario& scenario, const Machine& machine) {
  Result result = result_header(scenario, machine);
  result.workload = scenario.workload_kind;
  result.variant = joined(row.variant, result.variant);
  result.algorithm = row.algorithm;
  result.ranks = row.ranks;
  result.bytes = row.bytes;
  result.keys = row.keys;
  result.figures = row.figures;
  result.time_us = row.time_us;
  result.correct = row.correct;
  result.expected_wrong = row.expected_wrong;
  result.reason = row.reason;
  result.bottleneck = row.bottleneck;
  result.provenance = row.provenance ? name_of(*row.provenance) : "";
  result.extrapolated = row.extrapolated;
  return result;
}

class WorkloadRunner {
 public:
  WorkloadRunner(const Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        machine_(resolve_machine(scenario, scenario.workload->gpus())),
        records_(study_records()) {
    ensure_fits(scenario_, machine_);
  }

  Run run() {
    Run run;
    describe(machine_, run);
    run.points = scenario_.workload->points();
    const WorkloadContext context = make_context();
    for (std::size_t i = 0; i < run.points; ++i) {
      if (options_.stop != nullptr && options_.stop->load()) {
        run.interrupted = true;
        break;
      }
      add_point(i, context, run);
      run.done = i + 1;
      if (options_.progress) options_.progress(i + 1, run.points);
    }
    return run;
  }

 private:
  [[nodiscard]] WorkloadContext make_context() const {
    WorkloadContext context{machine_, scenario_.executor, scenario_.seed, options_.check, {}};
    if (options_.on_timeline)
      context.on_timeline = [this](const WorkloadRow& row, const models::Plan& plan,
                                   const models::Timeline& timeline) {
        options_.on_timeline(to_result(row, scenario_, machine_), plan, timeline);
      };
    return context;
  }

  void add_point(std::size_t point, const WorkloadContext& context, Run& run) const {
    for (const WorkloadRow& row : scenario_.workload->run(point, context)) {
      run.results.push_back(to_result(row, scenario_, machine_));
      Result& result = run.results.back();
      result.published = find_published(records_, result);
    }
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  Machine machine_;
  std::vector<StudyRecord> records_;
};

}  // namespace

Run run_workload(const Scenario& scenario, const RunOptions& options) {
  return WorkloadRunner(scenario, options).run();
}

}  // namespace twinlink::scenarios
