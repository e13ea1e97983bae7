#pragma once
// All-reduce, recursive halving and doubling; any number of ranks.
//
// Q = largest power of two <= P, and P - Q ranks too many: member 2i of the first 2 (P-Q) members
// first folds in the input of member 2i+1, and hands it the result at the end. The others count as
// members 0 .. Q-1. Halving, d = Q/2, ..., 2, 1: member v and v xor d each hold the sums of the
// same 2d shares (of Q); v pulls that half of them in which share v lies and folds it in. Doubling,
// d = 1, 2, ..., Q/2: v pulls from v xor d the d shares that that one has. Each op waits for the
// partner's op of the step before; the half that a partner pulls is not written before it was read.
// One kernel and one lane per rank. Empty ranges keep their ops (the flags travel). P = 1: a copy.
//
//   time = 2 L alpha + 2 n (Q-1)/Q beta + n (Q-1)/Q gamma, L = log2 Q, where Q divides n,
//   plus 2 alpha + 2 n beta + n gamma if P is no power of two
//   In general: the longest chain pulls the first d shares of Q at each step, see the source.
// Source: Rabenseifner, ICCS 2004; Thakur, Rabenseifner and Gropp, IJHPCA 19 (2005).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_halving_doubling(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_halving_doubling(const CollectiveRequest& request);
double closed_form_all_reduce_halving_doubling(const CollectiveRequest& request,
                                               const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_halving_doubling(const CollectiveRequest& request);

}  // namespace twinlink::models
