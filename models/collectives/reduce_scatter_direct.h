#pragma once
// Reduce-scatter, direct: member r reads share r of every input and folds them in the order of the
// members.
//
// One kernel and one lane per rank: relaxed rendezvous (inputs are ready), one reduce with P
// sources whose loads are in flight together, relaxed rendezvous (inputs may be overwritten). Empty
// shares are skipped.
//
//   time = alpha + (P-1) s (beta + gamma), s the largest share, two rendezvous apart; 0 for P = 1
// Source: the first half of a two-shot all-reduce.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_reduce_scatter_direct(const CollectiveRequest& request);
AlgorithmCounts counts_reduce_scatter_direct(const CollectiveRequest& request);
double closed_form_reduce_scatter_direct(const CollectiveRequest& request,
                                         const AlphaBetaGamma& costs);
OpCounts plan_size_reduce_scatter_direct(const CollectiveRequest& request);

}  // namespace twinlink::models
