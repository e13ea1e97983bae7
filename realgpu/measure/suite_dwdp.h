#pragma once
// Suite `dwdp`: serving a mixture of experts by weight prefetch, on two GPUs.
//
//   dwdp_tokens, dwdp_slices, dwdp_order   forwards of whole pipelines (dwdp_cases.h) through the
//                                          executor, in stream mode: every grouped product is
//                                          compared with its definition, and every pulled expert
//                                          with the owner's, before and after timing
//   dwdp_kind                              of these, how long each kind of work took per forward
//   dwdp_overlap                           kernels of a layer alone, beside a pull by the copy
//                                          engine, and beside pulls in both directions
//   dp_attention, collective               SGLang's sizes (14.7 MB in decode, 234.9 MB in prefill):
//                                          all-reduce beside reduce-scatter, plans and NCCL
#include "realgpu/measure/recorder.h"

namespace twinlink::realgpu {

void measure_dwdp(Recorder& recorder);

}  // namespace twinlink::realgpu
