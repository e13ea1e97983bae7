#pragma once
// Reduce-scatter in the switch: member r loads the sum of share r of all inputs, which the switch
// forms on the way.
//
// One kernel and one lane per rank: relaxed rendezvous (inputs are ready), one multimem_reduce with
// P sources, relaxed rendezvous (inputs may be overwritten). In comes one share; out goes the whole
// input, the own share too. Empty shares are skipped. P = 1: a local copy.
//
//   time = alpha + n beta, two rendezvous apart; 0 for P = 1
// Source: multimem.ld_reduce; NCCL's NVLS reduce-scatter.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_reduce_scatter_multimem(const CollectiveRequest& request);
AlgorithmCounts counts_reduce_scatter_multimem(const CollectiveRequest& request);
double closed_form_reduce_scatter_multimem(const CollectiveRequest& request,
                                           const AlphaBetaGamma& costs);
OpCounts plan_size_reduce_scatter_multimem(const CollectiveRequest& request);

}  // namespace twinlink::models
