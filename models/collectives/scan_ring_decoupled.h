#pragma once
// Scan, decoupled ring: the chain of scan_chain.h with whole states.
//
//   exscan  (P-1) (alpha + n beta) + max(P-2, 0) n gamma, after the local work
//   scan    (P-1) (alpha + n beta + n gamma)
// Source: the fair baseline of every scan comparison; row 2 of the usual tables.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_ring_decoupled(const CollectiveRequest& request);
AlgorithmCounts counts_scan_ring_decoupled(const CollectiveRequest& request);
double closed_form_scan_ring_decoupled(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs);
OpCounts plan_size_scan_ring_decoupled(const CollectiveRequest& request);

}  // namespace twinlink::models
