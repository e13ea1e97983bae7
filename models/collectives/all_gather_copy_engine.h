#pragma once
// All-gather by copy engines: every rank pushes its share into every output, one copy per peer.
//
// No kernel, no SM: the queues of models/collectives/copy_queues.h, first the right neighbour's
// copy, the own one last. Empty shares are skipped.
//
//   time = ceil((P-1) / 4) alpha + (P-1) s beta, s the largest share; 0 for P = 1
//   Exactly so where all shares are equal: then all queues of all ranks end together.
// Source: NCCL 2.28, ce_coll.cc.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_gather_copy_engine(const CollectiveRequest& request);
AlgorithmCounts counts_all_gather_copy_engine(const CollectiveRequest& request);
double closed_form_all_gather_copy_engine(const CollectiveRequest& request,
                                          const AlphaBetaGamma& costs);
OpCounts plan_size_all_gather_copy_engine(const CollectiveRequest& request);

}  // namespace twinlink::models
