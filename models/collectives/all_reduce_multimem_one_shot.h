#pragma once
// All-reduce, one-shot in the switch: every rank loads the sum of all inputs, which the switch
// forms on the way, and stores it.
//
// One kernel and one lane per rank: relaxed rendezvous (inputs are ready), one multimem_reduce with
// P sources, relaxed rendezvous (inputs may be overwritten). A load returns one value however many
// ranks there are, but every rank answers the loads of all P: it sends P n bytes. So this is for
// small sizes. P = 1: a local copy.
//
//   time = alpha + P n beta, two rendezvous apart; 0 for P = 1
// Source: multimem.ld_reduce; PyTorch's multimem_one_shot_all_reduce.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_multimem_one_shot(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_multimem_one_shot(const CollectiveRequest& request);
double closed_form_all_reduce_multimem_one_shot(const CollectiveRequest& request,
                                                const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_multimem_one_shot(const CollectiveRequest& request);

}  // namespace twinlink::models
