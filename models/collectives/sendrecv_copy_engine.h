#pragma once
// Send/recv by copy engines: every member pushes its input into the output of the member to its
// right.
//
// No kernel, no SM: one queue per rank (models/collectives/copy_queues.h); a member waits until its
// right neighbour has begun. Nothing is moved where n = 0. P = 1: a local copy.
//
//   time = alpha + n beta; 0 for P = 1
// Source: cudaMemcpyPeerAsync, as pipeline stages use it.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_sendrecv_copy_engine(const CollectiveRequest& request);
AlgorithmCounts counts_sendrecv_copy_engine(const CollectiveRequest& request);
double closed_form_sendrecv_copy_engine(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs);
OpCounts plan_size_sendrecv_copy_engine(const CollectiveRequest& request);

}  // namespace twinlink::models
