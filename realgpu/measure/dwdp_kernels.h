#pragma once
// Part `dwdp_overlap` of suite dwdp: the kernels of one MoE layer of 4096 tokens and 32 experts,
// alone, beside 128 MiB pulls by the copy engine, and beside pulls of both GPUs from each other.
//
//   attention      the core's FLOPs on tensor cores and its bytes (product_kernels.h)
//   others         reads of the router's bytes
//   dense          the output projection, exact operands (exact_pattern.h)
//   grouped        gate and up of 32 experts of 1024 rows: one batched call; alone also as one
//                  grouped call and as one call an expert
//   fp8            both in e4m3, one call a product
#include "realgpu/measure/recorder.h"

namespace twinlink::realgpu {

void measure_dwdp_kernels(Recorder& recorder);

}  // namespace twinlink::realgpu
