#pragma once
// All-to-all by copy engines: every rank pushes block d of its input to member d, one copy per
// peer.
//
// No kernel, no SM: the queues of models/collectives/copy_queues.h, first the right neighbour's
// block, the own one last. Blocks: all_to_all_blocks.h; empty ones are skipped.
//
//   time = ceil(k / 4) alpha + b beta, k = min(P-1, elements): most blocks that a member sends,
//   b = max(n - t, (P-1) s); s, t: largest and smallest block; 0 for P = 1
//   Exactly so where all blocks are equal: then all queues of all ranks end together. With counts
//   at least alpha + b beta, b = the most that a member sends to others or receives from them.
// Source: NCCL 2.28, ce_coll.cc.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_to_all_copy_engine(const CollectiveRequest& request);
AlgorithmCounts counts_all_to_all_copy_engine(const CollectiveRequest& request);
double closed_form_all_to_all_copy_engine(const CollectiveRequest& request,
                                          const AlphaBetaGamma& costs);
OpCounts plan_size_all_to_all_copy_engine(const CollectiveRequest& request);

}  // namespace twinlink::models
