#pragma once
// All-reduce as PyTorch symmetric memory ships it with NVLink multicast, as vLLM calls it.
//
// Copy into the symmetric buffer; relaxed rendezvous; one op per rank that lets the switch add its
// share (packs rounded up) of all ranks and multicast the sum to all; fenced rendezvous; copy out.
// min(8, ceil(packs of a share / 1024)) blocks of 1024 threads, three graph nodes. The switch adds
// in its own order. One rank: a plain copy.
//
//   time = alpha + (n + s) beta, s the largest share, two rendezvous and 4 n of local copies apart;
//   0 for P = 1. The switch adds at the rate of its links: nothing is combined by a rank
// Source: PyTorch CUDASymmetricMemoryOps.cu, multimem_all_reduce_ (structure and constants).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

// Why the kernel would refuse the request; empty: it would not.
std::string beyond_symm_mem_multimem(const CollectiveRequest& request);

Plan build_all_reduce_symm_mem_multimem(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_symm_mem_multimem(const CollectiveRequest& request);
double closed_form_all_reduce_symm_mem_multimem(const CollectiveRequest& request,
                                                const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_symm_mem_multimem(const CollectiveRequest& request);

}  // namespace twinlink::models
