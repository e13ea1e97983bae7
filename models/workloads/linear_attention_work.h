#pragma once
// FLOPs and HBM bytes of method `scan` on one rank. N tokens times heads, d = d_k, e = d_v, B =
// chunk, S the rank's state in bytes:
//   forward   local_state 2 de N          reads k, v, writes S
//             intra_chunk (B (d+e) + 4 de) N   reads q, k, v, writes o; between blocks of the rank
//                                         a running state on chip, applied and grown
//             inter_chunk 2 de N          reads q, o and the prefix, writes o
//   backward  local_state (B (d+e) + 6 de) N   reads q, k, v, do and the prefix, writes S and dq:
//                                         all that needs no suffix and reads do
//             intra_chunk (2 B (d+e) + 6 de) N   reads q, k, v, do, writes dk and dv in one pass
//             inter_chunk 4 de N          reads k, v, dk, dv and the suffix, writes dk, dv
// A merged step's intra_chunk reads the prefix or suffix too. Half of each block is masked: B/2
// keys per query on average. Bytes are times, and fixed times are, what LinearAttentionKernels
// says.
//
// needs: what any order of a direction must do, whatever its kernels share: the state's inputs read
// before the exchange; behind it all inputs read and all outputs written once, scores computed
// once. A roofline is made of it.
#include "models/workloads/linear_attention.h"

namespace twinlink::models {

struct LinearAttentionWork {
  Compute local_state, intra_chunk, inter_chunk;
};

struct LinearAttentionNeeds {
  double flops = 0, bytes = 0;
};

LinearAttentionWork linear_attention_work(const LinearAttentionRequest& request, bool backward);
LinearAttentionNeeds linear_attention_needs(const LinearAttentionRequest& request, bool backward);

}  // namespace twinlink::models
