#pragma once
// Broadcast, direct: the first member stores its input into every output, its own too.
//
// One kernel and one lane per rank: relaxed rendezvous (outputs may be written), one copy of the
// root with P destinations, a wait of the others for it. The root's out port carries all P-1
// copies. Nothing is stored where n = 0.
//
//   time = alpha + (P-1) n beta, one rendezvous apart; 0 for P = 1
// Source: the flat tree of every textbook.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_broadcast_direct(const CollectiveRequest& request);
AlgorithmCounts counts_broadcast_direct(const CollectiveRequest& request);
double closed_form_broadcast_direct(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_broadcast_direct(const CollectiveRequest& request);

}  // namespace twinlink::models
