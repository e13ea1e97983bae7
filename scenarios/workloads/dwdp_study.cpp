#include "scenarios/workloads/dwdp_study.h"

#include <algorithm>
#include <array>

#include "models/workloads/breakdown.h"
#include "models/workloads/dwdp_roofline.h"
#include "scenarios/workloads/dwdp_plans.h"
#include "scenarios/workloads/measured.h"
#include "scenarios/workloads/simulated.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using models::RankBreakdown;

constexpr std::array kDwdpFields{
    ResultField{"isl", FieldType::number, "longest input, tokens"},
    ResultField{"isl_ratio", FieldType::number, "shortest input over longest"},
    ResultField{"mnt", FieldType::number, "tokens that a forward takes at most"},
    ResultField{"group", FieldType::number, "GPUs of a group"},
    ResultField{"attention_ms", FieldType::number, "attention core, per forward"},
    ResultField{"grouped_gemm_ms", FieldType::number, "routed experts"},
    ResultField{"dense_gemm_ms", FieldType::number, "projections, shared experts, dense layers"},
    ResultField{"others_ms", FieldType::number, "kernels that only move data"},
    ResultField{"communication_ms", FieldType::number, "dispatch and combine"},
    ResultField{"d2d_copy_ms", FieldType::number, "copying local experts beside remote ones"},
    ResultField{"p2p_copy_ms", FieldType::number, "pulls under way; overlapped, not in the total"},
    ResultField{"sync_ms", FieldType::number, "waiting for other ranks or for pulls"},
    ResultField{"total_ms", FieldType::number, "one forward"},
    ResultField{"gain_vs_dep", FieldType::number, "share of the DEP forward that is saved"},
    ResultField{"gain_without_residual", FieldType::number, "the same, attention_residual 0"},
    ResultField{"attention_ms_without_residual", FieldType::number, "attention then"},
    ResultField{"tokens_per_forward", FieldType::number, "mean per rank"},
    ResultField{"tps_per_gpu", FieldType::number, "input tokens per second and GPU"},
    ResultField{"ttft_speedup", FieldType::number, "DEP's time of a forward over this one's"},
    ResultField{"tps_per_gpu_speedup", FieldType::number, "tokens per second over DEP's"},
    ResultField{"tps_per_gpu_vs_dep", FieldType::number, "the same"}};

constexpr std::array kRooflineFields{
    ResultField{"isl", FieldType::number, "input, tokens"},
    ResultField{"group", FieldType::number, "GPUs of a group"},
    ResultField{"compute_ms", FieldType::number, "compute of a layer"},
    ResultField{"prefetch_ms", FieldType::number, "prefetch of a layer"},
    ResultField{"compute_over_prefetch", FieldType::number, "above 1 the prefetch hides"},
    ResultField{"dep_over_dwdp", FieldType::number, "above 1 DWDP is faster"}};

// Plans of more ops are not proved (their rows say so: correct is null): the order of slices on
// several queues is past the limits of the search. Tests prove the same protocol with few slices.
constexpr std::size_t kMostProved = 400'000;

// Means over ranks and forwards, ms.
struct Means {
  std::map<std::string, double> categories;
  double waiting = 0, overlapped = 0, total = 0;
  [[nodiscard]] double of(const char* name) const {
    const auto at = categories.find(name);
    return at == categories.end() ? 0 : at->second;
  }
};

Means means_of(const std::vector<RankBreakdown>& ranks, std::int64_t forwards) {
  const double scale = 1e-9 / static_cast<double>(ranks.size()) / static_cast<double>(forwards);
  const auto ms = [&](Duration d) { return static_cast<double>(d.ps) * scale; };
  Means means;
  for (const RankBreakdown& rank : ranks) {
    for (const auto& [name, time] : rank.categories) means.categories[name] += ms(time);
    means.waiting += ms(rank.waiting);
    means.overlapped += ms(rank.overlapped);
    means.total += ms(rank.total);
  }
  return means;
}

InputError in_workload(const InputError& error) {
  std::vector<InputIssue> issues = error.issues();
  for (InputIssue& issue : issues) issue.pointer = "/workload" + issue.pointer;
  return InputError(std::move(issues));
}

class DwdpPointRun {
 public:
  DwdpPointRun(const DwdpSettings& settings, const DwdpPoint& point, const WorkloadContext& context)
      : settings_(settings),
        point_(point),
        machine_{context.machine.topology, tuned(context.machine.profile, settings)},
        batched_{context.machine.topology, tuned_for_slices(context.machine.profile, settings)},
        context_{machine_, context.executor, context.seed, context.check, context.on_timeline} {
    for (const auto& batches : batches_of(settings, point))
      for (const models::Batch& batch : batches) tokens_ += static_cast<double>(batch.tokens());
    tokens_ /= static_cast<double>(settings.forwards * point.group);
  }

  // Measured, the baseline is only run where it is asked for: others then say nothing about it.
  std::vector<WorkloadRow> rows() {
    WorkloadRow baseline = start(DwdpVariant::dep);
    const bool wanted = std::ranges::count(settings_.variants, DwdpVariant::dep) > 0;
    if (wanted || context_.executor == ExecutorKind::sim)
      dep_ = run(baseline, models::build_dep(dep_request(settings_, point_)), DwdpVariant::dep);
    std::vector<WorkloadRow> rows;
    for (const DwdpVariant variant : settings_.variants)
      rows.push_back(variant == DwdpVariant::dep ? finish(baseline, dep_, 0) : row_of(variant));
    return rows;
  }

 private:
  [[nodiscard]] WorkloadRow start(DwdpVariant variant) const {
    WorkloadRow row{.variant = shown_name(variant, point_.group),
                    .ranks = static_cast<int>(point_.group)};
    row.keys = {{"isl", static_cast<double>(point_.isl)},
                {"isl_ratio", point_.ratio},
                {"mnt", static_cast<double>(point_.mnt)},
                {"group", static_cast<double>(point_.group)}};
    return row;
  }

  [[nodiscard]] WorkloadContext context_of(DwdpVariant variant) const {
    const Machine& machine = variant == DwdpVariant::full ? batched_ : machine_;
    return {machine, context_.executor, context_.seed, context_.check, context_.on_timeline};
  }

  Means run(WorkloadRow& row, const models::Plan& plan, DwdpVariant variant) const {
    WorkloadContext context = context_of(variant);
    context.check = context.check && plan.ops.size() <= kMostProved;
    if (context_.executor == ExecutorKind::realgpu) return measure(row, plan, context);
    const Simulated simulated = simulate(plan, context);
    add_to(row, simulated);
    if (simulated.run.timeline.empty()) return {};
    if (context_.on_timeline) context_.on_timeline(row, plan, simulated.run.timeline);
    return means_of(models::break_down(plan, simulated.run.timeline), settings_.forwards);
  }

  Means measure(WorkloadRow& row, const models::Plan& plan, const WorkloadContext& context) const {
    const models::Timeline timeline = run_on_gpus(row, plan, context);
    if (timeline.empty()) return {};
    if (context_.on_timeline) context_.on_timeline(row, plan, timeline);
    return means_of(models::break_down(plan, timeline), settings_.forwards);
  }

  [[nodiscard]] WorkloadRow row_of(DwdpVariant variant) const {
    WorkloadRow row = start(variant);
    models::DwdpRequest request = dwdp_request(settings_, point_, variant);
    std::vector<RankBreakdown> plain;
    if (settings_.slows_beside_pulls() && context_.executor == ExecutorKind::sim) {
      plain = breakdown_of(request, variant);
      request.slower = slower_beside_pulls(settings_, plain, true);
    }
    const Means means = run(row, models::build_dwdp(request), variant);
    row = finish(row, means, static_cast<double>(settings_.host.ps) * 1e-9 * tokens_ / 1000);
    // Not with slices: half a million copies, and the rows that ask for it have none.
    const bool whole = variant != DwdpVariant::full;
    if (!plain.empty() && settings_.attention_residual > 0 && whole) {
      request.slower = slower_beside_pulls(settings_, plain, false);
      add_without_residual(row, request, variant);
    }
    return row;
  }

  [[nodiscard]] std::vector<RankBreakdown> breakdown_of(const models::DwdpRequest& request,
                                                        DwdpVariant variant) const {
    WorkloadContext quiet = context_of(variant);
    quiet.on_timeline = {};
    quiet.check = false;
    const models::Plan plan = models::build_dwdp(request);
    return models::break_down(plan, simulate(plan, quiet).run.timeline);
  }

  void add_without_residual(WorkloadRow& row, const models::DwdpRequest& request,
                            DwdpVariant variant) const {
    const Means means = means_of(breakdown_of(request, variant), settings_.forwards);
    row.figures.push_back({"attention_ms_without_residual", means.of(models::kAttention)});
    row.figures.push_back({"gain_without_residual", 1 - means.total / dep_.total});
  }

  [[nodiscard]] WorkloadRow finish(WorkloadRow row, const Means& means, double host_ms) const {
    if (context_.executor == ExecutorKind::sim) row.time_us = means.total * 1e3;
    row.figures = {{"attention_ms", means.of(models::kAttention)},
                   {"grouped_gemm_ms", means.of(models::kGroupedGemm)},
                   {"dense_gemm_ms", means.of(models::kDenseGemm)},
                   {"others_ms", means.of(models::kOthers)},
                   {"communication_ms", means.of(models::kCommunication)},
                   {"d2d_copy_ms", means.of(models::kMergeCopy)},
                   {"p2p_copy_ms", means.overlapped},
                   {"sync_ms", means.waiting},
                   {"total_ms", means.total},
                   {"tokens_per_forward", tokens_},
                   {"tps_per_gpu", tokens_ / (means.total + host_ms) * 1e3}};
    if (dep_.total > 0) add_gains(row, means, host_ms);
    return row;
  }

  void add_gains(WorkloadRow& row, const Means& means, double host_ms) const {
    const double ratio = dep_.total / means.total;
    const double rate_ratio = dep_.total / (means.total + host_ms);
    row.figures.push_back({"gain_vs_dep", 1 - 1 / ratio});
    row.figures.push_back({"ttft_speedup", ratio});
    row.figures.push_back({"tps_per_gpu_speedup", rate_ratio});
    row.figures.push_back({"tps_per_gpu_vs_dep", rate_ratio});
  }

  const DwdpSettings& settings_;
  DwdpPoint point_;
  Machine machine_, batched_;  // batched_: slices in one batch call
  WorkloadContext context_;
  double tokens_ = 0;
  Means dep_;
};

int most_gpus(const DwdpSettings& settings) {
  std::int64_t most = 1;
  for (const std::int64_t group : settings.groups) most = std::max(most, group);
  return static_cast<int>(most);
}

class DwdpWorkload : public Workload {
 public:
  explicit DwdpWorkload(std::unique_ptr<DwdpSettings> settings)
      : settings_(std::move(settings)), points_(settings_->points()) {}
  [[nodiscard]] std::size_t points() const override { return points_.size(); }
  [[nodiscard]] int gpus() const override { return most_gpus(*settings_); }
  [[nodiscard]] std::vector<WorkloadRow> run(std::size_t point,
                                             const WorkloadContext& context) const override {
    if (context.executor == ExecutorKind::host)
      throw UnsupportedError("workload \"dwdp\" runs in simulated time or on GPUs only");
    try {
      return DwdpPointRun(*settings_, points_[point], context).rows();
    } catch (const InputError& error) {
      throw in_workload(error);
    }
  }

 private:
  std::unique_ptr<DwdpSettings> settings_;
  std::vector<DwdpPoint> points_;
};

models::RooflineRates peaks_of(const Machine& machine) {
  const auto peak = [&](std::string_view name) {
    return constant_or(machine.profile, name, 0) * 1e12;
  };
  return {peak("peak_flops"), peak("peak_fp8_flops"), peak("peak_fp4_flops"),
          machine.profile.hbm.value * 1e9, bytes_per_s_out(machine.topology)};
}

class RooflineWorkload : public Workload {
 public:
  explicit RooflineWorkload(std::unique_ptr<DwdpSettings> settings)
      : settings_(std::move(settings)), points_(settings_->points()) {}
  [[nodiscard]] std::size_t points() const override { return points_.size(); }
  [[nodiscard]] int gpus() const override { return most_gpus(*settings_); }
  [[nodiscard]] std::vector<WorkloadRow> run(std::size_t point,
                                             const WorkloadContext& context) const override {
    const DwdpPoint& at = points_[point];
    models::DwdpRequest request = dwdp_request(*settings_, at, DwdpVariant::merge_elim);
    for (auto& batches : request.forwards) batches.assign(batches.size(), models::Batch{{at.isl}});
    const models::RooflineRates rates = peaks_of(context.machine);
    if (rates.bf16 <= 0 || rates.fp4 <= 0 || rates.hbm <= 0)
      throw UnsupportedError("the roofline needs peaks and the memory's rate in the profile");
    models::check_dwdp(request);
    const models::DwdpRoofline roofline = models::dwdp_roofline(request, rates);
    WorkloadRow row{.ranks = static_cast<int>(at.group), .provenance = Provenance::datasheet};
    row.keys = {{"isl", static_cast<double>(at.isl)}, {"group", static_cast<double>(at.group)}};
    row.figures = {{"compute_ms", roofline.compute_s * 1e3},
                   {"prefetch_ms", roofline.prefetch_s * 1e3},
                   {"compute_over_prefetch", roofline.compute_over_prefetch()},
                   {"dep_over_dwdp", roofline.dep_over_dwdp()}};
    return {row};
  }

 private:
  std::unique_ptr<DwdpSettings> settings_;
  std::vector<DwdpPoint> points_;
};

template <class Made>
std::unique_ptr<Workload> make(ObjectReader& object) {
  std::unique_ptr<DwdpSettings> settings = read_dwdp_settings(object);
  if (settings == nullptr) return nullptr;
  return std::make_unique<Made>(std::move(settings));
}

}  // namespace

std::unique_ptr<Workload> read_dwdp(ObjectReader& object) { return make<DwdpWorkload>(object); }

std::unique_ptr<Workload> read_dwdp_roofline(ObjectReader& object) {
  return make<RooflineWorkload>(object);
}

std::span<const ResultField> dwdp_fields() { return kDwdpFields; }
std::span<const ResultField> dwdp_roofline_fields() { return kRooflineFields; }

}  // namespace twinlink::scenarios
