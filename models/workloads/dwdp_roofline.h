#pragma once
// The roofline comparison of DWDP and expert parallelism: closed form, per MoE layer, no overlap
// losses.
//
//   T_compute   sum over the ops of attention and MoE of max(FLOPs / peak, HBM bytes / bandwidth),
//               without what only moves data (category others)
//   T_prefetch  bytes pulled per layer / link
//   T_dwdp      max(T_compute, T_prefetch)
//   T_dep       T_compute with 1/N of the experts + tokens x top_k x bf16 row / link
// Peaks are nominal. Source of the form: arXiv 2604.01621 section 3; that the all-to-all carries
// one bf16 row per token and chosen expert is our reading.
#include "models/workloads/dwdp.h"

namespace twinlink::models {

struct RooflineRates {
  double bf16 = 0, fp8 = 0, fp4 = 0;  // FLOP per second
  double hbm = 0, link = 0;           // bytes per second
};

struct DwdpRoofline {
  double compute_s = 0, prefetch_s = 0, dwdp_s = 0, dep_s = 0;  // per MoE layer
  [[nodiscard]] double compute_over_prefetch() const { return compute_s / prefetch_s; }
  [[nodiscard]] double dep_over_dwdp() const { return dep_s / dwdp_s; }
};

// For the first rank's first batch of the request.
DwdpRoofline dwdp_roofline(const DwdpRequest& request, const RooflineRates& rates);

}  // namespace twinlink::models
