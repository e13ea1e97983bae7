#pragma once
// Part of suite dwdp: what replacing an all-reduce by a reduce-scatter buys at SGLang's sizes.
//
//   dp_attention   one layer's communication on two ranks (models/workloads/dp_attention.h):
//                  all-gather, then all-reduce and a copy of the own rows, or reduce-scatter
//   collective     all_reduce, reduce_scatter and all_gather alone, bf16, plans and NCCL
// Numbers are compared at the smaller size only: the host takes half a minute for the larger.
// S: 1024 rows of 7168 bf16 (decode: 14,680,064 B) and 16384 (prefill: 234,881,024 B).
#include "realgpu/measure/recorder.h"

namespace twinlink::realgpu {

void measure_dwdp_scatter(Recorder& recorder);

}  // namespace twinlink::realgpu
