#pragma once
// All-to-all, direct: every rank pushes block d of its input to member d, all blocks at once.
//
// One kernel per rank with one lane per block, so that no flow waits for another: first the right
// neighbour's, the own block (a local copy) last. request.shape.ctas is the most the kernel takes:
// all lanes get the same number of CTAs, at least one. No barriers: outputs are read after the
// launch. Blocks: input block d is share(d, P, n); member d's output holds P blocks of that size,
// block s from member s. bytes is the whole buffer of a rank, as in nccl-tests. Empty blocks are
// skipped.
//
//   time = alpha + b beta, b = max(n - t, (P-1) s); s, t: largest and smallest block; 0 for P = 1
// Source: the usual pairwise exchange with all pairs in flight.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_to_all_direct(const CollectiveRequest& request);
AlgorithmCounts counts_all_to_all_direct(const CollectiveRequest& request);
double closed_form_all_to_all_direct(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_all_to_all_direct(const CollectiveRequest& request);

}  // namespace twinlink::models
