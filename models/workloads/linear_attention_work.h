#pragma once
// FLOPs and HBM bytes of method `scan` on one rank. N tokens times heads, d = d_k, e = d_v, B =
// chunk, S the rank's state in bytes:
//   forward   local_state 2 de N          reads k, v, writes S
//             intra_chunk (B (d+e) + 2 de) N   reads q, k, v, writes o; between blocks of the rank
//                                         a running state on chip
//             inter_chunk 2 de N          reads q, o and the prefix, writes o
//   backward  local_state 2 de N          reads q, do, writes S
//             intra_chunk (B (3d+2e) + 8 de) N   reads q, k, v, do and the prefix, writes dq, dk,
//             dv;
//                                         dq is complete (no suffix in it)
//             inter_chunk 4 de N          reads k, v, dk, dv and the suffix, writes dk, dv
// Half of each block is masked: B/2 keys per query on average. Bytes are times, and fixed times
// are, what LinearAttentionKernels says.
#include "models/workloads/linear_attention.h"

namespace twinlink::models {

struct LinearAttentionWork {
  Compute local_state, intra_chunk, inter_chunk;
};

LinearAttentionWork linear_attention_work(const LinearAttentionRequest& request, bool backward);

}  // namespace twinlink::models
