#pragma once
// Exclusive scan, decoupled ring: local work first, on all ranks at once; then only states travel.
//
// Position p folds and pushes in one op, straight into the next position's output:
//   output[p+1] = output[p] x decay + input[p],  output[1] = input[0],  output[0] = 0
//
//   time = (P-1) (alpha + n beta) + max(P-2, 0) n gamma, after the local work
// Source: the fair baseline of every scan comparison; row 2 of the usual tables.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_exscan_ring_decoupled(const CollectiveRequest& request);
AlgorithmCounts counts_exscan_ring_decoupled(const CollectiveRequest& request);
double closed_form_exscan_ring_decoupled(const CollectiveRequest& request,
                                         const AlphaBetaGamma& costs);
OpCounts plan_size_exscan_ring_decoupled(const CollectiveRequest& request);

}  // namespace twinlink::models
