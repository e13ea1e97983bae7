#pragma once
// Scan by a direct gather: every position folds all earlier inputs itself, in one op. Triangular.
//
//   output[p] = sum over j < p of input[j] x decay^(p-1-j)   (scan: j <= p, decay^(p-j))
// One round and no message between ops: what every rank reads was there before. The last position
// reads P-1 states; so do P-1 ranks from position 0, and no port is busier.
//
//   time = alpha + (P-1) n beta + (P-2) n gamma   (scan: (P-1) n gamma); 0 for P = 1
// Source: the all-gather of LASP-2 (arXiv 2502.07563) with the weighted sum fused into the reads;
// only the earlier half is read.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_gather_direct(const CollectiveRequest& request);
AlgorithmCounts counts_scan_gather_direct(const CollectiveRequest& request);
double closed_form_scan_gather_direct(const CollectiveRequest& request,
                                      const AlphaBetaGamma& costs);
OpCounts plan_size_scan_gather_direct(const CollectiveRequest& request);

}  // namespace twinlink::models
