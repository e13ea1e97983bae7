#pragma once
// All-reduce as vLLM ships it, 2-stage: every rank reduces its share, then gathers all shares one
// rank after the other.
//
// One kernel per rank, min(36, ceil(packs / 512)) blocks of 512 threads: relaxed rendezvous; one
// reduce of the own share (floor(packs / P) packs, the last rank takes the rest) of every input
// into a temporary buffer, first the own input, then the right neighbour's and so on; fenced
// rendezvous; one gather from all temporary buffers with *one* load in flight per thread, because
// in the real kernel a store stands between the loads (LoadOrder::serial). No rendezvous at the
// end. The real kernel exists for 2, 4, 6 and 8 ranks and whole packs of 16 bytes.
//
//   time = 2 alpha + ((P-1) s + n - t) beta + (P-1) s gamma, two rendezvous apart; 0 for P = 1
//   s, t: the largest and the smallest share
// Source: vLLM csrc/custom_all_reduce.cuh, 2-stage (structure and constants).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_ca_2stage(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_ca_2stage(const CollectiveRequest& request);
double closed_form_all_reduce_ca_2stage(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_ca_2stage(const CollectiveRequest& request);

}  // namespace twinlink::models
