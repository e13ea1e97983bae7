#pragma once
// What a compute op takes of its GPU, alone and at full clock.
//
//   t_flops  flops / (efficiency of its kind x peak of its precision)
//   t_hbm    hbm_bytes / (memory_efficiency x hbm); of dense products longer, / dense_gemm_memory,
//            in which they keep all of HBM
//   seconds  the larger of the two
// Refreshes and turnarounds take the memory's time whoever asks, so kernels and copies share what
// is reached, memory_efficiency x hbm: a kernel that fills it and copies of b bytes/s beside it
// make t' = t / (1 - b / reached). Two kernels on H200 beside pulls both ways: 1.245 and 1.230,
// predicted 1.222 and 1.238; of the peak instead they would be 1.182 and 1.195.
// Beside CTAs that others hold, a share of the GPU's SMs is left (free_sms):
//   blocks_fill_sms 0  1 - held / (sms x ctas_per_sm)
//   blocks_fill_sms 1  free / sms, free = sms - held: a block takes a whole SM. More CTAs than half
//                      the SMs stand ctas_per_sm to an SM, but take at least that half
//   ... and gemm_tile  products bound by FLOPs work in whole waves, blocks = count x
//                      ceil(m n / gemm_tile): ceil(blocks / sms) / waves. Blocks that find no SM
//                      at first, late = min(blocks, sms) - free, work after the others:
//                        waves = ceil((blocks - late) / free) + ceil(late / free)
//                      or, in a batch, whose tiles are dealt out beforehand,
//                        waves = ceil(blocks / sms) + floor((blocks - sms + late) / sms) + 1
//                      Bound by HBM: late blocks load hbm_bytes / sms each at sm_load_rate, after
//                      the others
// Not modelled: caches, tails of waves alone (an efficiency stands for them). Fixed time is a
// latency.
#include <string>

#include "models/cost/calibration.h"
#include "models/plan/plan.h"

namespace twinlink::models {

struct ComputeNeed {
  double flop_seconds = 0;  // 0: no FLOPs, or no limit on them
  double hbm_seconds = 0;   // likewise
  [[nodiscard]] double seconds() const {
    return flop_seconds < hbm_seconds ? hbm_seconds : flop_seconds;
  }
};

// What kernels and copies together get out of one GPU's memory, bytes per second.
double reached_hbm(const CalibrationProfile& profile);

ComputeNeed compute_need(const CalibrationProfile& profile, const Compute& work);

// The share of the GPU's SMs that an op of this work (null: any) has beside so many held CTAs.
double free_sms(const CalibrationProfile& profile, const Compute* work, int held);

// The share of a product's work that its last wave is, in which SMs are left for other kernels,
// beside so many held CTAs; 0: not known, or none are left. Needs l1_beside.
double last_wave(const CalibrationProfile& profile, const Compute& work, int held);

// Whether any of the plan's ops works at FLOPs that have a limit.
bool needs_sms(const CalibrationProfile& profile, const Plan& plan);

// The constant that a library's kernel of that name takes to start; null for any other kernel.
Constant CalibrationProfile::*library_start_field(const std::string& kernel);
const Constant* library_start(const CalibrationProfile& profile, const std::string& kernel);

// Throws UnsupportedError, naming op and constant, if the GPU lacks a precision that the plan
// needs.
void ensure_precisions(const CalibrationProfile& profile, const Plan& plan);

// The constants that this op's rate follows from.
std::vector<Constant CalibrationProfile::*> constants_of(const CalibrationProfile& profile,
                                                         const Compute& work);

}  // namespace twinlink::models
