#pragma once
// All-reduce, two-shot in the switch: member r loads the sum of share r of all inputs, which the
// switch forms, and stores it through the switch, which multicasts it into every output.
//
// One kernel and one lane per rank: relaxed rendezvous (inputs are ready, outputs may be written);
// one multimem_reduce of the own share with P sources and P destinations, loads and stores
// overlapping; a wait for the others' multicasts. Each way a rank moves n bytes of the others'
// loads or stores and one share of its own, against 2 (P-1)/P n of two_shot. Empty shares are
// skipped. P = 1: a local copy.
//
//   time = alpha + (n + s) beta, s the largest share; one rendezvous apart; 0 for P = 1
// Source: PyTorch's multimem_all_reduce_, NCCL's NVLS; here out of place and with flags at the end.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_multimem_two_shot(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_multimem_two_shot(const CollectiveRequest& request);
double closed_form_all_reduce_multimem_two_shot(const CollectiveRequest& request,
                                                const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_multimem_two_shot(const CollectiveRequest& request);

}  // namespace twinlink::models
