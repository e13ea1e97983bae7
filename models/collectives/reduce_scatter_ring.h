#pragma once
// Reduce-scatter, ring: P-1 steps of one share; member r ends with share r.
//
// Step s at member r, c = (r-2-s) mod P:
//   partial[r][c] = (left's input[c] if s = 0, else left's partial[c]) + input[r][c]
// where the last step, c = r, writes the output. So share c is added in the cyclic order of members
// c+1, c+2, ..., c. One kernel and one lane per rank, P (P-1) ops, step by step; each waits for the
// left neighbour's op of the step before. Every byte is written once, so nothing waits before it
// may overwrite. Empty shares keep their ops (the flags travel). P = 1: a local copy.
//
//   time = (P-1) (alpha + ceil(n/P) (beta + gamma))     (ceil: whole elements)
// Source: Patarasuk and Yuan, JPDC 69 (2009), first half.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_reduce_scatter_ring(const CollectiveRequest& request);
AlgorithmCounts counts_reduce_scatter_ring(const CollectiveRequest& request);
double closed_form_reduce_scatter_ring(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs);
OpCounts plan_size_reduce_scatter_ring(const CollectiveRequest& request);

}  // namespace twinlink::models
