#pragma once
// Suite `linear_attention`: a layer's step of sequence-parallel linear attention (12 heads, d_k
// 128, d_v 64, bf16; slopes as LASP's benchmark), by method, ranks and tokens per rank, on one and
// two GPUs; its parts alone; and the peaks that its roofline is made of.
//
//   peak       a large bf16 GEMM (cuBLAS); reads of 1 GiB: the rates of the roofline
//   part       local_state, intra_chunk, outputs (intra-chunk with the state in it), inter_chunk of
//              all ranks of one GPU; FLOPs and bytes are those of models/workloads/
//              linear_attention_work.h, per piece
//   exchange   what lies between the parts: GPUs meet, a scan alone, in fused mode
//   meeting    GPUs meet and nothing else: what a step pays per meeting
//   step       linear_attention_step.h; FLOPs and bytes of one GPU: those that any order needs
// Numbers first: every method on all its ranks, every token and head, both directions, with heads
// that do not decay and heads that forget at once, against float64; and each timed step, before and
// after, at the boundaries between its ranks. What is wrong has no set.
#include "realgpu/measure/recorder.h"

namespace twinlink::realgpu {

void measure_linear_attention(Recorder& recorder);

}  // namespace twinlink::realgpu
