#pragma once
// All-reduce, one-shot by pushing: every rank copies its input into a scratch buffer of each other
// member and folds what arrived with its own input, in the order of the members.
//
// One kernel and one lane per rank: one push of one source to P-1 destinations; one reduce with P
// local sources, behind the edges of all pushes. Nobody reads another's memory and nobody meets, so
// the smallest sizes cost one flight. The edges carry the data themselves where that is cheaper:
// 8-byte words (inline_ll) up to 64 KiB, 128-byte lines (inline_ll128) up to 4 MiB, fenced flags
// above: the bounds at which each was the fastest of the three on two H200. Scratch: (P-1) n bytes
// a rank. A caller that launches it again at once needs two scratch buffers in turn.
//
//   time = alpha + (P-1) n (beta + gamma); 0 for P = 1; inline edges: their wire factor on beta
// Source: the LL and LL128 protocols of NCCL in one step; measured in docs/performance.md.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_one_shot_push(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_one_shot_push(const CollectiveRequest& request);
double closed_form_all_reduce_one_shot_push(const CollectiveRequest& request,
                                            const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_one_shot_push(const CollectiveRequest& request);

}  // namespace twinlink::models
