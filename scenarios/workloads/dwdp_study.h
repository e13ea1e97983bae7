#pragma once
// The workloads "dwdp" and "dwdp_roofline": one DWDP group beside the same GPUs with expert
// parallelism.
//
// dwdp. Every point simulates the plan of each variant for the same requests and adds up where the
// time of a forward went, as means over ranks and forwards. dep is simulated even if no row asks
// for it: gains and speed-ups are over it. ttft_speedup is the ratio of the forwards' times (time
// in queues is not modelled), tps_per_gpu_speedup that of tokens per second, with `host` between
// two forwards of a DWDP server, per 1000 tokens. Beside pulls, kernels take `overlap_loss` longer
// than memory and clock explain (by category; measured on two H200: docs/dwdp.md), and attention
// `attention_residual` more, which nothing explains; what comes out without the latter is shown
// beside (gain_without_residual; not for slices). Both act on the part of a kernel's time that its
// rank's pulls overlap. dwdp_roofline. Closed form with the profile's peaks:
// models/workloads/dwdp_roofline.h.
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {

std::unique_ptr<Workload> read_dwdp(ObjectReader& object);
std::unique_ptr<Workload> read_dwdp_roofline(ObjectReader& object);
std::span<const ResultField> dwdp_fields();
std::span<const ResultField> dwdp_roofline_fields();

}  // namespace twinlink::scenarios
