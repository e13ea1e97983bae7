#pragma once
// All-reduce, ring: reduce-scatter and all-gather around the ring, each P-1 steps of one share.
//
// Step s of the reduce-scatter at member r, c = (r-1-s) mod P:
//   output[r][c] = (left's input[c] if s = 0, else left's output[c]) + input[r][c]
// so share c is added in the cyclic order of members c, c+1, ..., c-1 (mod P): another order for
// each share, so fp32 results are the same on every rank but not those of a fold from member 0.
// Step s of the all-gather: output[r][c] = left's output[c], c = (r-s) mod P.
// One kernel and one lane per rank, no barriers, exactly 2 P (P-1) ops, step by step. Each op waits
// for the left neighbour's op of the step before. Overwriting a partial share is safe without a
// flag of its own: its reader's step lies P-1 steps back, all the way around the ring.
// Empty shares keep their ops (the flags travel). P = 1: a local copy.
//
//   time = 2 (P-1) (alpha + ceil(n/P) beta) + (P-1) ceil(n/P) gamma     (ceil: whole elements)
//
// Variants. request.slices = K > 1 cuts each step's part into K chunks, forwarded one by one: the
// flag of one chunk hides behind the bytes of another, for K alphas a step. request.channels = C
// > 1 runs C rings on lanes of their own, each with its part of every share; with
// request.bidirectional there are 2 C, the second half of them the other way around, which on a
// switch shares the same ports and helps only where the two directions are different wires. The
// rings of all channels share a port and step together:
//   time = 2 (P-1) (K alpha + ceil(n/P) beta) + (P-1) ceil(n/P) gamma, where K C P divides n
// Source: Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms, JPDC 69 (2009).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_ring(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_ring(const CollectiveRequest& request);
double closed_form_all_reduce_ring(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_ring(const CollectiveRequest& request);

}  // namespace twinlink::models
