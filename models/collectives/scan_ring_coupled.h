#pragma once
// Scan, coupled ring: the structure of LASP. Everything is on one chain.
//
// Position p pulls the state that position p-1 sends (its own exclusive prefix), then does its
// local work, then folds its input in and offers the result:
//   exscan  output[p] = send[p-1],  send[p] = output[p] x decay + input[p],  output[0] = 0
//   scan    received[p] = output[p-1],  output[p] = received[p] x decay + input[p]
// The fold of position 0 with the identity is done too, as LASP does.
//
//   time = (P-1) (alpha + n beta + n gamma), and P times the local work; scan: P n gamma
//   (one slice; with k slices the chain overlaps, but for the local work)
// Source: Sun et al., Linear Attention Sequence Parallelism, arXiv 2404.02882.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_ring_coupled(const CollectiveRequest& request);
AlgorithmCounts counts_scan_ring_coupled(const CollectiveRequest& request);
double closed_form_scan_ring_coupled(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_scan_ring_coupled(const CollectiveRequest& request);

}  // namespace twinlink::models
