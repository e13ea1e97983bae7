#pragma once
// All-gather, direct: every rank stores its share into every output, its own too.
//
// One kernel and one lane per rank: relaxed rendezvous (outputs may be written), one copy from one
// source to P destinations, first the right neighbour's, the own one last; a wait for the others'
// stores. Empty shares are skipped.
//
//   time = alpha + (P-1) s beta, s the largest share, one rendezvous apart; 0 for P = 1
// Source: the second half of a two-shot all-reduce, as stores.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_gather_direct(const CollectiveRequest& request);
AlgorithmCounts counts_all_gather_direct(const CollectiveRequest& request);
double closed_form_all_gather_direct(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_all_gather_direct(const CollectiveRequest& request);

}  // namespace twinlink::models
