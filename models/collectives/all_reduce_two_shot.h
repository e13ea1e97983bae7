#pragma once
// All-reduce, two-shot: member r folds share r of all inputs, then everyone fetches the other
// shares.
//
// One kernel and one lane per rank: relaxed rendezvous (inputs are ready); one reduce of the own
// share of every input, in the order of the members, into the own output; fenced rendezvous; one
// copy that pulls the other shares from their owners' outputs, first from the right neighbour, so
// that not everybody starts at the same owner. No rendezvous at the end. Empty shares are skipped.
//
//   time = 2 alpha + ((P-1) s + n - t) beta + (P-1) s gamma, two rendezvous apart; 0 for P = 1
//   s, t: the largest and the smallest share, whole elements; 2 (P-1)/P n beta where P divides n
// Source: the 2-stage kernel of vLLM's custom all-reduce (structure only; it gathers serially).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_two_shot(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_two_shot(const CollectiveRequest& request);
double closed_form_all_reduce_two_shot(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_two_shot(const CollectiveRequest& request);

}  // namespace twinlink::models
