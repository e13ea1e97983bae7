#pragma once
// Scan by recursive doubling with two folds per round, as MPI libraries do it; L rounds.
//
// Position p keeps x, the fold of the positions before it so far; for skip = 1, 2, 4 ... < P:
//   message[p] = x[p] x decay + input[p]      if p + skip < P (the first fold; round 1: the input)
//   x[p] = message[p-skip] x decay^|x| + x[p]  if p >= skip    (the second fold; round 1: a copy)
// output = x; scan: output[p] = x[p] x decay + input[p], one more fold. Position 0 folds nothing.
// A position is read by one other in a round.
//
//   rounds L = ceil(log2 P), messages: the sum of P - 2^i, i < L
//   time = L (alpha + n beta) + A n gamma, A = 2 (L-1) where P = 2^L (T25 allows 2 L - 1), else
//   less
// Source: Open MPI coll_base_exscan.c (recursive doubling); Traeff, arXiv 2507.04785.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_two_op_doubling(const CollectiveRequest& request);
AlgorithmCounts counts_scan_two_op_doubling(const CollectiveRequest& request);
double closed_form_scan_two_op_doubling(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs);
OpCounts plan_size_scan_two_op_doubling(const CollectiveRequest& request);

}  // namespace twinlink::models
