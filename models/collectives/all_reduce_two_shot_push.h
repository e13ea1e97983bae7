#pragma once
// All-reduce, two-shot by pushing: every rank pushes share d of its input into member d's scratch;
// each member folds what arrived with its own share, in the order of the members, and stores the
// sum straight into every output.
//
// One kernel and one lane per rank: one push with P-1 destinations; one reduce, behind the flags of
// all pushes, with P local sources and P destinations; a wait for the others' sums. No meeting: the
// flags of the pushes say that the owner of an output has begun, and nobody reads another's memory,
// so no load waits for a link there and back. A caller that launches it again at once needs two
// scratch buffers in turn. Empty shares are skipped.
//
//   time = 2 alpha + ((P-1) s + n - t) beta + (P-1) s gamma; 0 for P = 1
//   s, t: the largest and the smallest share, whole elements; 2 (P-1)/P n beta where P divides n
// Source: the two-shot of vLLM and PyTorch with stores in place of loads, as NCCL's LL kernels do.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_all_reduce_two_shot_push(const CollectiveRequest& request);
AlgorithmCounts counts_all_reduce_two_shot_push(const CollectiveRequest& request);
double closed_form_all_reduce_two_shot_push(const CollectiveRequest& request,
                                            const AlphaBetaGamma& costs);
OpCounts plan_size_all_reduce_two_shot_push(const CollectiveRequest& request);

}  // namespace twinlink::models
