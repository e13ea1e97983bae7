#pragma once
// All-gather, ring: P-1 steps of one share around the ring.
//
// Step s: output[r][c] = left's output[c] (its input, if s = 0), c = (r-1-s) mod P. One kernel and
// one lane per rank, P (P-1) pulls, step by step; each waits for the left neighbour's op of the
// step before; then every rank copies its own share. Empty shares keep their ops (the flags
// travel).
//
//   time = (P-1) (alpha + ceil(n/P) beta)     (ceil: whole elements)
// Source: Patarasuk and Yuan, JPDC 69 (2009), second half.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_gather_ring(const CollectiveRequest& request);
AlgorithmCounts counts_all_gather_ring(const CollectiveRequest& request);
double closed_form_all_gather_ring(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_all_gather_ring(const CollectiveRequest& request);

}  // namespace twinlink::models
