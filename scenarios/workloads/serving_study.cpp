#include "scenarios/workloads/serving_study.h"

#include <algorithm>
#include <array>

#include "scenarios/workloads/serving_points.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

constexpr std::array kServingFields{
    ResultField{"isl", FieldType::number, "longest input, tokens"},
    ResultField{"osl", FieldType::number, "output tokens of a request"},
    ResultField{"context_gpus", FieldType::number, "GPUs that process inputs"},
    ResultField{"generation_gpus", FieldType::number, "GPUs that generate"},
    ResultField{"concurrency", FieldType::number, "requests that clients keep open"},
    ResultField{"tps_user_range", FieldType::text, "tokens per second and user, from-to"},
    ResultField{"target_tokens_per_s", FieldType::number, "output that is wanted"},
    ResultField{"ttft_limit_ms", FieldType::number, "limit of the median TTFT"},
    ResultField{"itl_limit_ms", FieldType::number, "limit of the mean gap between tokens"},
    ResultField{"tps_user", FieldType::number, "1 / mean gap between tokens"},
    ResultField{"tps_per_gpu", FieldType::number, "output tokens per second and GPU, all GPUs"},
    ResultField{"output_tokens_per_s", FieldType::number, "output of the deployment"},
    ResultField{"ttft_ms", FieldType::number, "time to the first token, median, with queueing"},
    ResultField{"ttft_ms_p99", FieldType::number, "of 99 % of the requests"},
    ResultField{"ttft_ms_dep", FieldType::number, "ttft_ms of the dep point compared with"},
    ResultField{"itl_ms", FieldType::number, "gap between tokens, mean"},
    ResultField{"itl_ms_median", FieldType::number, "median of all gaps"},
    ResultField{"itl_ms_p99", FieldType::number, "99 % of all gaps"},
    ResultField{"tpot_ms_p99", FieldType::number, "a request's mean gap, 99 % of requests"},
    ResultField{"e2e_ms", FieldType::number, "sending to last token, mean"},
    ResultField{"context_busy", FieldType::number, "share of time that context servers step"},
    ResultField{"generation_use", FieldType::number, "share of generation places taken"},
    ResultField{"tps_user_speedup", FieldType::number, "tps_user over dep's"},
    ResultField{"tps_per_gpu_speedup", FieldType::number, "tps_per_gpu over dep's"},
    ResultField{"gpus_needed", FieldType::number, "fewest GPUs that reach the target"},
    ResultField{"copies", FieldType::number, "of the deployment"}};

double number(std::int64_t n) { return static_cast<double>(n); }

class ServingRows {
 public:
  ServingRows(const ServingSettings& settings, const std::vector<ServingPoint>& points)
      : settings_(settings), points_(points) {}

  std::vector<WorkloadRow> all() {
    add_ranges();
    for (const ServingTarget& target : settings_.targets)
      for (const DwdpVariant variant : settings_.context->variants)
        rows_.push_back(target_row(variant, target));
    if (settings_.all_rows)
      for (const ServingPoint& point : points_) rows_.push_back(point_row(point));
    return std::move(rows_);
  }

 private:
  [[nodiscard]] WorkloadRow start(DwdpVariant variant) const {
    WorkloadRow row{.variant = shown_name(variant, settings_.context->groups.front())};
    row.keys = {{"isl", number(settings_.context->isls.front())}, {"osl", number(settings_.osl)}};
    row.provenance = Provenance::assumed;
    return row;
  }

  static void add_figures(WorkloadRow& row, const ServingPoint& point) {
    const sim::ServingFigures& f = point.figures;
    const std::vector<Field> figures{{"tps_user", f.tps_user},
                                     {"tps_per_gpu", point.tps_per_gpu()},
                                     {"output_tokens_per_s", f.throughput},
                                     {"ttft_ms", f.ttft.median * 1e3},
                                     {"ttft_ms_p99", f.ttft.p99 * 1e3},
                                     {"itl_ms", f.itl.mean * 1e3},
                                     {"itl_ms_median", f.itl.median * 1e3},
                                     {"itl_ms_p99", f.itl.p99 * 1e3},
                                     {"tpot_ms_p99", f.tpot.p99 * 1e3},
                                     {"e2e_ms", f.e2e.mean * 1e3},
                                     {"context_busy", f.context_busy},
                                     {"generation_use", f.generation_use}};
    row.figures.insert(row.figures.end(), figures.begin(), figures.end());
    row.bottleneck = point.bound();
    row.ranks = static_cast<int>(point.gpus());
  }

  static std::vector<Field> deployment_of(const ServingPoint& point) {
    return {{"context_gpus", number(point.context_gpus)},
            {"generation_gpus", number(point.generation_gpus)},
            {"concurrency", number(point.concurrency)}};
  }

  [[nodiscard]] WorkloadRow point_row(const ServingPoint& point) const {
    WorkloadRow row = start(point.variant);
    const std::vector<Field> keys = deployment_of(point);
    row.keys.insert(row.keys.end(), keys.begin(), keys.end());
    add_figures(row, point);
    return row;
  }

  void add_ranges() {
    for (const DwdpVariant variant : settings_.context->variants) {
      if (variant == DwdpVariant::dep) continue;
      std::vector<double> per_gpu, per_user;
      for (const UserRange& range : settings_.ranges) {
        const ServingPoint* dep = best_in(points_, DwdpVariant::dep, range);
        const ServingPoint* best = best_in(points_, variant, range);
        rows_.push_back(range_row(variant, range, {dep, best}));
        if (dep == nullptr || best == nullptr || !in_overall(range)) continue;
        per_gpu.push_back(best->tps_per_gpu() / dep->tps_per_gpu());
        per_user.push_back(best->figures.tps_user / dep->figures.tps_user);
      }
      if (settings_.overall) rows_.push_back(overall_row(variant, per_gpu, per_user));
    }
  }

  [[nodiscard]] bool in_overall(const UserRange& range) const {
    return settings_.overall && range.low >= settings_.overall->low &&
           range.high <= settings_.overall->high;
  }

  struct Pair {
    const ServingPoint *dep, *best;
  };
  [[nodiscard]] WorkloadRow range_row(DwdpVariant variant, const UserRange& range,
                                      const Pair& pair) const {
    WorkloadRow row = start(variant);
    row.keys.push_back({"tps_user_range", range.name});
    if (pair.dep == nullptr || pair.best == nullptr) {
      row.reason = pair.dep == nullptr ? "no dep point in the range" : "no point in the range";
      return row;
    }
    row.figures = {{"tps_per_gpu_speedup", pair.best->tps_per_gpu() / pair.dep->tps_per_gpu()},
                   {"tps_user_speedup", pair.best->figures.tps_user / pair.dep->figures.tps_user},
                   {"ttft_ms_dep", pair.dep->figures.ttft.median * 1e3}};
    const std::vector<Field> chosen = deployment_of(*pair.best);
    row.figures.insert(row.figures.end(), chosen.begin(), chosen.end());
    add_figures(row, *pair.best);
    return row;
  }

  [[nodiscard]] WorkloadRow overall_row(DwdpVariant variant, const std::vector<double>& per_gpu,
                                        const std::vector<double>& per_user) const {
    WorkloadRow row = start(variant);
    row.keys.push_back({"tps_user_range", settings_.overall->name});
    if (per_gpu.empty()) {
      row.reason = "no range inside it has points of both";
      return row;
    }
    const auto mean = [](const std::vector<double>& values) {
      double total = 0;
      for (const double value : values) total += value;
      return total / static_cast<double>(values.size());
    };
    row.figures = {{"tps_per_gpu_speedup", mean(per_gpu)}, {"tps_user_speedup", mean(per_user)}};
    return row;
  }

  [[nodiscard]] WorkloadRow target_row(DwdpVariant variant, const ServingTarget& target) const {
    WorkloadRow row = start(variant);
    row.keys.push_back({"target_tokens_per_s", target.tokens_per_s});
    if (target.ttft_ms) row.keys.push_back({"ttft_limit_ms", *target.ttft_ms});
    if (target.itl_ms) row.keys.push_back({"itl_limit_ms", *target.itl_ms});
    const Capacity answer = capacity(points_, variant, target);
    if (answer.point == nullptr) {
      row.reason = answer.bound;
      return row;
    }
    row.figures = {{"gpus_needed", number(answer.gpus())}, {"copies", number(answer.copies)}};
    const std::vector<Field> chosen = deployment_of(*answer.point);
    row.figures.insert(row.figures.end(), chosen.begin(), chosen.end());
    add_figures(row, *answer.point);
    row.bottleneck = answer.bound;
    return row;
  }

  const ServingSettings& settings_;
  const std::vector<ServingPoint>& points_;
  std::vector<WorkloadRow> rows_;
};

class ServingWorkload : public Workload {
 public:
  explicit ServingWorkload(std::unique_ptr<ServingSettings> settings)
      : settings_(std::move(settings)) {}
  [[nodiscard]] std::size_t points() const override { return 1; }
  // Of one copy of the largest deployment.
  [[nodiscard]] int gpus() const override {
    std::int64_t most = 1;
    for (const Deployment& d : settings_->deployments)
      for (const std::int64_t context : d.context_gpus)
        most = std::max(most, context + d.generation_gpus * d.generation_servers);
    return static_cast<int>(most);
  }
  [[nodiscard]] std::vector<WorkloadRow> run(std::size_t /*point*/,
                                             const WorkloadContext& context) const override {
    if (context.executor != ExecutorKind::sim)
      throw UnsupportedError("workload \"serving\" runs in simulated time only");
    StepTables tables(*settings_, context);
    const std::vector<ServingPoint> points = run_points(*settings_, tables);
    return ServingRows(*settings_, points).all();
  }

 private:
  std::unique_ptr<ServingSettings> settings_;
};

}  // namespace

std::unique_ptr<Workload> read_serving(ObjectReader& object) {
  std::unique_ptr<ServingSettings> settings = read_serving_settings(object);
  if (settings == nullptr) return nullptr;
  return std::make_unique<ServingWorkload>(std::move(settings));
}

WorkloadKind serving_kind() {
  return {"serving", "clients, context servers and generation servers in a closed loop",
          read_serving, kServingFields};
}

}  // namespace twinlink::scenarios
