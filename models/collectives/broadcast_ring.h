#pragma once
// Broadcast, ring: a chain from the first member to the last, pipelined in K slices.
//
// Member i pulls slice k from member i-1's output (from the first member's input, if i = 1) once it
// is there; the first member copies its input to its output. One kernel and one lane per rank,
// K (P-1) pulls, slice by slice. K is request.slices, else pipeline_slices for P-2 further stages
// (collective_group.h). Empty slices keep their ops (the flags travel).
//
//   time = (P+K-2) alpha + (n + (P-2) s) beta, s = ceil(n/K) in multiples of 16 bytes; 0 for P = 1
// Source: the pipelined chain of MPI libraries; NCCL's broadcast.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_broadcast_ring(const CollectiveRequest& request);
AlgorithmCounts counts_broadcast_ring(const CollectiveRequest& request);
double closed_form_broadcast_ring(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_broadcast_ring(const CollectiveRequest& request);

}  // namespace twinlink::models
