#pragma once
// All-reduce as vLLM ships it, 1-stage: every rank reads all inputs and adds them.
//
// One kernel per rank, min(36, ceil(packs / 512)) blocks of 512 threads whatever the request's
// shape says: relaxed rendezvous; one reduce whose loads from all ranks are in flight together, one
// pack per thread and rank, in the order of the members; relaxed rendezvous.
// The real kernel exists for 2, 4, 6 and 8 ranks and whole packs of 16 bytes.
//
//   time = alpha + (P-1) n (beta + gamma), two rendezvous apart; 0 for P = 1
// Source: vLLM csrc/custom_all_reduce.cuh, 1-stage (structure and constants).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

// Why the real kernels (also ca_2stage) would refuse the request; empty: they would not.
std::string beyond_custom_all_reduce(const CollectiveRequest& request);

Plan build_all_reduce_ca_1stage(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_ca_1stage(const CollectiveRequest& request);
double closed_form_all_reduce_ca_1stage(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_ca_1stage(const CollectiveRequest& request);

}  // namespace twinlink::models
