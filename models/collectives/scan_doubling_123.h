#pragma once
// Scan by 123-doubling: skips 1, 2, 3, 6, 12, ...; one fold per round but for the second.
//
// Position p keeps x, the fold of the positions before it so far:
//   skip 1         x[p] = input[p-1]
//   skip 2         message[p] = x[p] x decay + input[p];  x[p] = message[p-2] x decay^1 + x[p]
//   skip 3, 6, 12  x[p] = x[p-skip] x decay^skip + x[p]   if p - skip >= 1 (x[0] is empty)
// output = x; scan: output[p] = x[p] x decay + input[p], one more fold. A position is read by one
// other in a round.
//
//   rounds q = ceil(log2 (P-1) + log2 (4/3)) for P >= 3; 1 for P = 2
//   time = q (alpha + n beta) + q n gamma for P >= 4: q - 1 folds of messages, and forming the
//   second message is one more; the source counts q - 1
// Source: Traeff, arXiv 2507.04785 (2025).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_doubling_123(const CollectiveRequest& request);
AlgorithmCounts counts_scan_doubling_123(const CollectiveRequest& request);
double closed_form_scan_doubling_123(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_scan_doubling_123(const CollectiveRequest& request);

}  // namespace twinlink::models
