#include "scenarios/workloads/dwdp_plans.h"

#include <algorithm>
#include <numeric>

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

std::string_view peak_name(models::Precision precision) {
  switch (precision) {
    case models::Precision::bf16: return "peak_flops";
    case models::Precision::fp32: return "peak_fp32_flops";
    case models::Precision::fp8: return "peak_fp8_flops";
    case models::Precision::fp4: return "peak_fp4_flops";
  }
  return "peak_flops";
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
                                 DwdpVariant variant, double residual) {
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
  request.attention_residual = residual;
  request.forwards = batches_of(settings, point);
  request.hbm_capacity = settings.hbm_capacity;
  return request;
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

double constant_or(const CalibrationProfile& profile, std::string_view name, double otherwise) {
  const ConstantTraits* traits = find_constant(name);
  const double value = traits == nullptr ? 0 : (profile.*traits->field).value;
  return value > 0 ? value : otherwise;
}

double residual_bytes_per_flop(const CalibrationProfile& profile, const DwdpSettings& settings) {
  if (settings.attention_residual <= 0) return 0;
  const double share = constant_or(profile, "flops_efficiency", 1);
  const double peak = constant_or(profile, peak_name(settings.shape.attention_precision),
                                  constant_or(profile, "peak_flops", 0));
  const double flops = peak * 1e12 * constant_or(profile, "attention_efficiency", share);
  const double hbm = profile.hbm.value * 1e9 * constant_or(profile, "memory_efficiency", 1);
  return flops > 0 ? settings.attention_residual * hbm / flops : 0;
}

}  // namespace twinlink::scenarios
