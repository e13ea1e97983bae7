#pragma once
// Send/recv, direct: every member stores its input into the output of the member to its right.
//
// One kernel and one lane per rank: relaxed rendezvous (outputs may be written), one copy, a wait
// for the left neighbour's store. Nothing is stored where n = 0. P = 1: a local copy.
//
//   time = alpha + n beta, one rendezvous apart; 0 for P = 1
// Source: nccl-tests sendrecv_perf, as stores.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_sendrecv_direct(const CollectiveRequest& request);
AlgorithmCounts counts_sendrecv_direct(const CollectiveRequest& request);
double closed_form_sendrecv_direct(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_sendrecv_direct(const CollectiveRequest& request);

}  // namespace twinlink::models
