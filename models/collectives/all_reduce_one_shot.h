#pragma once
// All-reduce, one-shot: every rank reads every input and folds them in the order of the members,
// so all ranks hold the same bits.
//
// One kernel and one lane per rank: relaxed rendezvous (inputs are ready), one reduce with P
// sources whose loads are in flight together, relaxed rendezvous (inputs may be overwritten).
//
//   time = alpha + (P-1) n (beta + gamma), two rendezvous apart; 0 for P = 1
// Source: the 1-stage kernel of vLLM's custom all-reduce (structure only).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_one_shot(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_one_shot(const CollectiveRequest& request);
double closed_form_all_reduce_one_shot(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_one_shot(const CollectiveRequest& request);

}  // namespace twinlink::models
