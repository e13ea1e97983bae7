#pragma once
// Broadcast in the switch: the first member stores its input once, and the switch multicasts it
// into every output.
//
// One kernel and one lane per rank: relaxed rendezvous (outputs may be written), one multimem_store
// of the root with P destinations, a wait of the others for it. Nothing is stored where n = 0.
// P = 1: a local copy.
//
//   time = alpha + n beta, one rendezvous apart; 0 for P = 1
// Source: multimem.st.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_broadcast_multimem(const CollectiveRequest& request);
AlgorithmCounts counts_broadcast_multimem(const CollectiveRequest& request);
double closed_form_broadcast_multimem(const CollectiveRequest& request,
                                      const AlphaBetaGamma& costs);
OpCounts plan_size_broadcast_multimem(const CollectiveRequest& request);

}  // namespace twinlink::models
