#pragma once
// Workload "linear_attention" in scenarios: models/workloads/linear_attention.h.
//
//   {"kind": "linear_attention",
//    "methods": ["fuse", "blelloch", "scan/transpose"]   LASP's methods; "scan/" + an exclusive
//    scan
//               of the catalogue; "scan/all": every one that is right and that the machine can run
//    "directions": ["forward", "forward_backward"],
//    "dp": [1, 2], "sp": [4, 8] or "gpus": 16 (sp = gpus / dp),
//    "sequence": [2048], "batch": 16 (of all ranks), "batch_per_gpu": 2 (LASP: batch = 2 x GPUs) or
//    "batch_per_rank": 8 (batch = 8 x dp: the state per rank stays as it is),
//    "heads": [12], "d_k": 128, "d_v": 64, "chunk": 64, "sub_chunk": 32, "layers": 1,
//    "slopes": [...], "overlap": true, "merged": false, "barrier": true, "slices": 0,
//    "overheads": "lasp-h100", "gpus_used": 2 (all ranks share these, neighbours one; default: one
//    per rank)}
// Lists are crossed. A row: keys method, direction, dp, sp, seq_len, batch, heads, layers;
// `algorithm` is the scan, `bytes` the state of a rank. Figures: tokens_per_s (batch x sequence /
// time, all ranks), compute_us (of the busiest rank), useful_share (of the time).
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {

WorkloadKind linear_attention_kind();

}  // namespace twinlink::scenarios
