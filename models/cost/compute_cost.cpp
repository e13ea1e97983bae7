#include "models/cost/compute_cost.h"

#include <algorithm>
#include <cmath>

#include "models/cost/cost_model.h"
#include "models/plan/ceil_div.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using P = CalibrationProfile;
using Field = Constant P::*;

Field peak_of(Precision precision) {
  switch (precision) {
    case Precision::bf16: return &P::peak_flops;
    case Precision::fp32: return &P::peak_fp32_flops;
    case Precision::fp8: return &P::peak_fp8_flops;
    case Precision::fp4: return &P::peak_fp4_flops;
  }
  return &P::peak_flops;
}

Field own_efficiency(WorkKind work) {
  switch (work) {
    case WorkKind::plain:
    case WorkKind::memory: break;
    case WorkKind::attention: return &P::attention_efficiency;
    case WorkKind::grouped_gemm: return &P::grouped_gemm_efficiency;
    case WorkKind::dense_gemm: return &P::dense_gemm_efficiency;
  }
  return &P::flops_efficiency;
}

Field efficiency_of(const CalibrationProfile& profile, WorkKind work) {
  const Field own = own_efficiency(work);
  return (profile.*own).value > 0 ? own : &P::flops_efficiency;
}

std::string_view name_of(Field field) {
  for (const ConstantTraits& traits : constant_table())
    if (traits.field == field) return traits.name;
  return "?";
}

// SMs on which no whole block fits beside the held CTAs, which the GPU spreads while it can.
int sms_under(const CalibrationProfile& profile, int held) {
  const auto half = static_cast<int>(profile.sms.value / 2);
  if (held <= half) return held;
  return std::max(half, static_cast<int>(std::ceil(held / profile.ctas_per_sm.value)));
}

// Of products bound by FLOPs; 0: not known, or nothing that comes in waves.
std::int64_t blocks_of(const CalibrationProfile& profile, const Compute& work) {
  const auto tile = static_cast<std::int64_t>(profile.gemm_tile.value);
  const ComputeNeed need = compute_need(profile, work);
  if (tile <= 0 || need.flop_seconds < need.hbm_seconds) return 0;
  std::int64_t blocks = 0;
  for (const Product& one : work.products) blocks += one.count * ceil_div(one.m * one.n, tile);
  return blocks;
}

// Whole waves of a product's blocks on so many SMs of the GPU's.
struct Waves {
  std::int64_t all = 1;
  bool leaves_sms = false;  // in the last one
};

Waves waves_on(std::int64_t blocks, std::int64_t sms, std::int64_t free, bool batched) {
  const std::int64_t late = std::max<std::int64_t>(0, std::min(blocks, sms) - free);
  // The tiles of a batch are dealt out beforehand: the first of the late has its share of them.
  if (late > 0 && batched)
    return {ceil_div(blocks, sms) + std::max<std::int64_t>(0, blocks - sms + late) / sms + 1, true};
  const std::int64_t full = blocks - late;
  if (late == 0) return {ceil_div(full, free), full % free != 0};
  return {ceil_div(full, free) + ceil_div(late, free), late % free != 0};
}

bool is_batched(const Compute& work) {
  return std::any_of(work.products.begin(), work.products.end(),
                     [](const Product& one) { return one.count > 1; });
}

int free_count(const CalibrationProfile& profile, int held) {
  return std::max(1, static_cast<int>(profile.sms.value) - sms_under(profile, held));
}

// Of a product that HBM bounds: a block that came late loads its share as fast as one SM can.
double late_share(const CalibrationProfile& profile, const Compute& work) {
  const ComputeNeed need = compute_need(profile, work);
  const bool known = profile.gemm_tile.value > 0 && profile.sm_load_rate.value > 0;
  if (!known || work.products.empty() || need.flop_seconds >= need.hbm_seconds) return 0;
  const double block = static_cast<double>(work.hbm_bytes.count) / profile.sms.value;
  const double late = block / (profile.sm_load_rate.value * 1e9);
  return late / (need.hbm_seconds + late);
}

bool lacks(const CalibrationProfile& profile, const Compute& work) {
  const bool limited = profile.peak_flops.value > 0;
  return limited && work.flops > 0 && (profile.*peak_of(work.precision)).value <= 0;
}

bool has_memory_share(const CalibrationProfile& profile, const Compute& work) {
  return work.work == WorkKind::dense_gemm && profile.dense_gemm_memory.value > 0;
}

}  // namespace

double reached_hbm(const CalibrationProfile& profile) {
  const double share = profile.memory_efficiency.value > 0 ? profile.memory_efficiency.value : 1;
  return share * profile.hbm.value * 1e9;
}

ComputeNeed compute_need(const CalibrationProfile& profile, const Compute& work) {
  ComputeNeed need;
  const double peak = (profile.*peak_of(work.precision)).value * 1e12;
  const double rate = peak * (profile.*efficiency_of(profile, work.work)).value;
  if (rate > 0 && work.flops > 0) need.flop_seconds = work.flops / rate;
  const double share = has_memory_share(profile, work) ? profile.dense_gemm_memory.value : 1;
  if (profile.hbm.value > 0)
    need.hbm_seconds = static_cast<double>(work.hbm_bytes.count) / (share * reached_hbm(profile));
  return need;
}

double free_sms(const CalibrationProfile& profile, const Compute* work, int held) {
  const int slots = cta_slots(profile);
  if (held <= 0 || slots <= 0) return 1;
  if (profile.blocks_fill_sms.value <= 0)
    return static_cast<double>(std::max(1, slots - held)) / slots;
  const double share = free_count(profile, held) / profile.sms.value;
  if (work == nullptr) return share;
  const ComputeNeed need = compute_need(profile, *work);
  if (const double late = late_share(profile, *work); late > 0)
    return std::min(share, need.flop_seconds / need.hbm_seconds * (1 - late));
  const std::int64_t blocks = blocks_of(profile, *work);
  if (blocks == 0) return share;
  const auto sms = static_cast<std::int64_t>(profile.sms.value);
  const Waves waves = waves_on(blocks, sms, free_count(profile, held), is_batched(*work));
  return static_cast<double>(ceil_div(blocks, sms)) / static_cast<double>(waves.all);
}

double last_wave(const CalibrationProfile& profile, const Compute& work, int held) {
  if (profile.l1_beside.value <= 0 || profile.blocks_fill_sms.value <= 0) return 0;
  if (held > 0 && late_share(profile, work) > 0) return late_share(profile, work);
  const std::int64_t blocks = blocks_of(profile, work);
  if (blocks == 0) return 0;
  const auto sms = static_cast<std::int64_t>(profile.sms.value);
  const Waves waves = waves_on(blocks, sms, free_count(profile, held), is_batched(work));
  return waves.leaves_sms ? 1 / static_cast<double>(waves.all) : 0;
}

bool needs_sms(const CalibrationProfile& profile, const Plan& plan) {
  return std::any_of(plan.computes.begin(), plan.computes.end(), [&](const Compute& work) {
    return compute_need(profile, work).flop_seconds > 0;
  });
}

Constant P::*library_start_field(const std::string& kernel) {
  if (kernel == kNcclStartLl) return &P::nccl_start_ll;
  if (kernel == kNcclStartLl128) return &P::nccl_start_ll128;
  if (kernel == kNcclStartSimple) return &P::nccl_start_simple;
  if (kernel == kNcclStartNvls) return &P::nccl_start_nvls;
  if (kernel == kNcclStartChannel) return &P::nccl_start_channel;
  return nullptr;
}

const Constant* library_start(const CalibrationProfile& profile, const std::string& kernel) {
  const Field field = library_start_field(kernel);
  return field == nullptr ? nullptr : &(profile.*field);
}

void ensure_precisions(const CalibrationProfile& profile, const Plan& plan) {
  for (const Compute& work : plan.computes) {
    if (!lacks(profile, work)) continue;
    throw UnsupportedError("compute \"" + work.kernel + "\" works in " +
                           std::string(models::name_of(work.precision)) + ", but profile \"" +
                           profile.name + "\" has no peak for it: constant " +
                           std::string(name_of(peak_of(work.precision))) + " is 0");
  }
}

std::vector<Field> constants_of(const CalibrationProfile& profile, const Compute& work) {
  std::vector<Field> used;
  if (work.flops > 0) used = {peak_of(work.precision), efficiency_of(profile, work.work)};
  if (work.hbm_bytes.count > 0) used.push_back(&P::memory_efficiency);
  if (work.hbm_bytes.count > 0 && has_memory_share(profile, work))
    used.push_back(&P::dense_gemm_memory);
  return used;
}

}  // namespace twinlink::models
