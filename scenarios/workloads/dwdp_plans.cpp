#include "scenarios/workloads/dwdp_plans.h"

#include <algorithm>
#include <numeric>

#include "models/workloads/layer_stages.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using models::CalibrationProfile;
using models::ConstantTraits;

const ConstantTraits* find_constant(std::string_view name) {
  const auto table = models::constant_table();
  const auto found = std::ranges::find(table, name, &ConstantTraits::name);
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::int32_t> first_gpus(std::int64_t group) {
  std::vector<std::int32_t> gpus(static_cast<std::size_t>(group));
  std::iota(gpus.begin(), gpus.end(), 0);
  return gpus;
}

// Share of a category's time, over all ranks, in which a rank's own pulls were under way.
double share_beside(const std::vector<models::RankBreakdown>& run, const char* category) {
  double all = 0, beside = 0;
  for (const models::RankBreakdown& rank : run) {
    all += static_cast<double>(rank.of(category).ps);
    const auto at = rank.beside.find(category);
    if (at != rank.beside.end()) beside += static_cast<double>(at->second.ps);
  }
  return all > 0 ? beside / all : 0;
}

}  // namespace

std::vector<std::vector<models::Batch>> batches_of(const DwdpSettings& settings,
                                                   const DwdpPoint& point) {
  models::RequestLaw law = settings.requests;
  law.isl = point.isl;
  law.ratio = point.ratio;
  law.max_tokens = point.mnt;
  return models::draw_batches(law, settings.forwards, point.group);
}

models::DepRequest dep_request(const DwdpSettings& settings, const DwdpPoint& point) {
  models::DepRequest request;
  request.shape = settings.shape;
  request.gpu_of_rank = first_gpus(point.group);
  request.forwards = batches_of(settings, point);
  const std::int64_t layers = settings.forwards * settings.shape.moe_layers();
  for (std::int64_t layer = 0; layer < layers; ++layer)
    request.loads.push_back(models::rank_shares(
        models::draw_loads(settings.loads, settings.shape.routed, layer), point.group));
  request.quantised_dispatch = settings.quantised_dispatch;
  request.wire = settings.a2a_wire;
  request.hbm_capacity = settings.hbm_capacity;
  return request;
}

models::DwdpRequest dwdp_request(const DwdpSettings& settings, const DwdpPoint& point,
                                 DwdpVariant variant) {
  models::DwdpRequest request;
  request.shape = settings.shape;
  request.gpu_of_rank = first_gpus(point.group);
  request.placement = settings.placement(point.group);
  request.pulls = settings.pulls;
  request.merge = variant == DwdpVariant::naive;
  if (variant == DwdpVariant::full) {
    request.pulls.slice = settings.slice;
    request.pulls.in_flight = settings.slices_in_flight;
    request.pulls.order = models::PullOrder::rotated;
  }
  request.forwards = batches_of(settings, point);
  request.hbm_capacity = settings.hbm_capacity;
  return request;
}

models::ByWorkKind slower_beside_pulls(const DwdpSettings& settings,
                                       const std::vector<models::RankBreakdown>& run,
                                       bool residual) {
  using models::WorkKind;
  models::ByWorkKind slower{};
  const auto put = [&](WorkKind kind, const char* category, double more) {
    const auto loss = settings.overlap_loss.find(category);
    const double measured = loss == settings.overlap_loss.end() ? 0 : loss->second;
    slower[static_cast<std::size_t>(kind)] = (measured + more) * share_beside(run, category);
  };
  put(WorkKind::attention, models::kAttention, residual ? settings.attention_residual : 0);
  put(WorkKind::grouped_gemm, models::kGroupedGemm, 0);
  put(WorkKind::dense_gemm, models::kDenseGemm, 0);
  put(WorkKind::memory, models::kOthers, 0);
  return slower;
}

CalibrationProfile tuned(const CalibrationProfile& profile, const DwdpSettings& settings) {
  CalibrationProfile result = profile;
  for (const auto& [name, value] : settings.efficiencies) {
    const ConstantTraits* traits = find_constant(name);
    if (traits == nullptr)
      throw InputError("profiles have no constant " + name, "/workload/efficiency");
    result.*traits->field = {value, 0, Provenance::fitted, "the scenario's efficiency"};
  }
  return result;
}

CalibrationProfile tuned_for_slices(const CalibrationProfile& profile,
                                    const DwdpSettings& settings) {
  CalibrationProfile result = tuned(profile, settings);
  if (settings.slice_issue.ps > 0)
    result.copy_pull_issue = {static_cast<double>(settings.slice_issue.ps) * 1e-6, 0,
                              Provenance::assumed, "the scenario's slice_issue"};
  return result;
}

double constant_or(const CalibrationProfile& profile, std::string_view name, double otherwise) {
  const ConstantTraits* traits = find_constant(name);
  const double value = traits == nullptr ? 0 : (profile.*traits->field).value;
  return value > 0 ? value : otherwise;
}

}  // namespace twinlink::scenarios
