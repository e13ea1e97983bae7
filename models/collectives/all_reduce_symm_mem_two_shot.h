#pragma once
// All-reduce as PyTorch symmetric memory ships it, two-shot, as vLLM calls it.
//
// Copy into the symmetric buffer; relaxed rendezvous; one op per rank that loads its share (packs
// rounded up) from all ranks, adds in the order of the members and stores to all ranks; fenced
// rendezvous; copy out. min(24, ceil(packs of a share / 1024)) blocks of 1024 threads, three graph
// nodes. Specialised for 2, 4 and 8 ranks; other counts run a generic loop that this plan only
// approximates.
//
//   time = alpha + 2 (P-1) s beta + (P-1) s gamma, s the largest share, two rendezvous and 4 n of
//   local copies apart; 0 for P = 1
// Source: PyTorch CUDASymmetricMemoryOps.cu, two_shot_all_reduce_ (structure and constants).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

// Why the request is outside what the kernel is specialised for; empty: it is inside.
std::string beyond_symm_mem_two_shot(const CollectiveRequest& request);

Plan build_all_reduce_symm_mem_two_shot(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_symm_mem_two_shot(const CollectiveRequest& request);
double closed_form_all_reduce_symm_mem_two_shot(const CollectiveRequest& request,
                                                const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_symm_mem_two_shot(const CollectiveRequest& request);

}  // namespace twinlink::models
