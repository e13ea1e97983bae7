#pragma once
// Reduce-scatter, all-gather and all-to-all by pushing into scratch: every rank pushes what each
// other member needs of its input into a slot of that member's scratch, in one op; each member then
// folds (reduce-scatter, in the order of the members) or copies what arrived, and its own part, to
// its output, behind the edges of all pushes.
//
// Nobody reads another's memory and nobody meets: one flight, as in all_reduce_one_shot_push.h,
// whose edges and bounds are used here by the size of a share (push_edge). Against `direct` it
// costs a local copy of n, and saves the meeting and the wait for writers: for small sizes. Empty
// shares are skipped. A caller that launches it again at once needs two scratch buffers in turn.
//
//   time: all_gather      alpha + (P-1) s beta
//         all_to_all      alpha + (n - t) beta
//         reduce_scatter  alpha + (n - t) beta + (P-1) s gamma
//   0 for P = 1; s, t: largest and smallest share; inline edges: their wire factor on beta
// Source: the LL and LL128 protocols of NCCL in one step.
#include <string>

#include "models/collectives/catalogue.h"

namespace twinlink::models {

// How data of that many bytes a message are pushed at the least cost: in words up to 64 KiB, in
// lines up to 4 MiB, behind fenced flags above; as measured on two H200.
Edge push_edge(Bytes bytes);

Plan build_reduce_scatter_push(const CollectiveRequest& request);
Plan build_all_gather_push(const CollectiveRequest& request);
Plan build_all_to_all_push(const CollectiveRequest& request);
AlgorithmCounts counts_reduce_scatter_push(const CollectiveRequest& request);
AlgorithmCounts counts_all_gather_push(const CollectiveRequest& request);
AlgorithmCounts counts_all_to_all_push(const CollectiveRequest& request);
double closed_form_reduce_scatter_push(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs);
double closed_form_all_gather_push(const CollectiveRequest& request, const AlphaBetaGamma& costs);
double closed_form_all_to_all_push(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_push(const CollectiveRequest& request);
// An all-to-all by counts is refused: slots are dealt in equal shares.
std::string refuses_all_to_all_push(const CollectiveRequest& request);

}  // namespace twinlink::models
