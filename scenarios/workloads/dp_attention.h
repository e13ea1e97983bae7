#pragma once
// Workload "dp_attention": layers whose attention runs data parallel, with the partial sums of the
// MLP or MoE combined by an all-reduce (and a copy of the own rows) or by a reduce-scatter.
//
//   "workload": {"kind": "dp_attention",
//     "model": "deepseek-r1" | {"hidden": 7168, "layers": 61, "element": "bf16"},
//     "tp": 8, "dp": [8, 4],                       ranks; attention groups
//     "tokens": [1024, 16384],                     of all groups together, dealt evenly
//     "spread": [[5, 9, 2, 8]],                    or the tokens of each group
//     "algorithms": ["ring", "direct", "nccl"],    direct: two_shot and direct
//     "padding": "automatic" | "max_len" | "sum_len", "ctas": 32, "channels": 1,
//     "nvls": false, "nccl_ring": "695 GB/s",      NCCL's NVLS off; bus rate of its rings
//     "serving": {...}}                            instead of tokens and spread
// One point per dp, tokens and algorithm gives rows all_reduce, reduce_scatter and delta (what the
// second saves): us_per_layer is the time of a layer's communication, with launches and the copy of
// the own rows; ms_per_step that of all layers. The plan is one layer: layers follow one another
// (tests show that three take three times as long).
//
// serving = {"requests", "input_tokens", "output_tokens", "chunk", "prefill_compute",
// "decode_compute"}: all requests come at once; n = ceil(requests x input / chunk) prefill steps of
// T_p each, then output - 1 decode steps of T_d, all requests in each; T = layers x (compute +
// communication). TTFT of the median request (n + 1) / 2 T_p, inter-token latency T_d, duration
// n T_p + (output - 1) T_d.
// Left out of it: the host, sampling, overlap of prefill and decode, tails.
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {

std::unique_ptr<Workload> read_dp_attention(ObjectReader& object);
std::span<const ResultField> dp_attention_fields();

}  // namespace twinlink::scenarios
