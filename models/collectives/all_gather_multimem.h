#pragma once
// All-gather in the switch: every rank stores its share once, and the switch multicasts it into
// every output.
//
// One kernel and one lane per rank: relaxed rendezvous (outputs may be written), one multimem_store
// with P destinations, a wait for the others' stores. Out goes one share; in comes the whole
// output, the own share too. Empty shares are skipped. P = 1: a local copy.
//
//   time = alpha + n beta, one rendezvous apart; 0 for P = 1
// Source: multimem.st; NCCL's NVLS all-gather.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_gather_multimem(const CollectiveRequest& request);
AlgorithmCounts counts_all_gather_multimem(const CollectiveRequest& request);
double closed_form_all_gather_multimem(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs);
OpCounts plan_size_all_gather_multimem(const CollectiveRequest& request);

}  // namespace twinlink::models
