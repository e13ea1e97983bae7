#pragma once
// Scan by transposing: rank g scans slice g of everybody's state. One scan_reduce per rank.
//
// Position g pulls share(g, P, n) of every input, forms all prefixes of that slice and pushes each
// into the output of its position, load by load (scan_transpose_stage.h): the all-to-all, the local
// scan and the all-to-all back of a scan of transposed data are one op that loads and stores at the
// same time, so nothing is kept in between. A fenced rendezvous ends it: an output is complete when
// all have pushed. With local work there is one more before it, since everybody reads all inputs.
// request.slices and a further cut of shares are not used: the op streams.
//
//   time = alpha + ((P-2) s + n) beta + (P-2) s gamma   (scan: (P-1) s gamma), 0 for P = 1
//   s = ceil(n/P), whole elements; 2 (P-1)/P n beta where P divides n: the first position's
//   outgoing port, as its incoming ones are no busier. Rendezvous are on top. One latency, not two:
//   a store leaves when its load has come, and the model charges the longest route of an op once.
// Messages: (P-1) for each non-empty share and direction, 2 (P-1)^2 in all (scan: P (P-1) +
// (P-1)^2). Source: the scan analogue of reduce-scatter and all-gather; we know no published use as
// a scan.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_transpose(const CollectiveRequest& request);
AlgorithmCounts counts_scan_transpose(const CollectiveRequest& request);
double closed_form_scan_transpose(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_scan_transpose(const CollectiveRequest& request);

}  // namespace twinlink::models
