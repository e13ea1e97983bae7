#pragma once
// Scan by Sklansky's tree (Ladner and Fischer): the fewest levels, and the largest fan-out.
//
//   level h = 1, 2, 4 ...: in each block of 2h positions, all of the right half pull the state at
//   the end of the left half and fold it in: x[r] = x[end] x decay^(r - end) + x[r] exscan: then a
//   shift, output[p] = x[p-1];  output[0] = 0
// The readers of a level share the port of one rank: h of them, P - 2^(L-1) at the top. So, whole:
//
//   time = L (alpha + n gamma) + (P-1) n beta, and alpha + n beta for the shift of exscan
// With several slices the closed form is without contention. A multicast store would make the reads
// of a level one message; a plan with one is not built here. Source: Sklansky, Conditional-Sum
// Addition Logic, IRE Trans. EC 9 (1960).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_sklansky(const CollectiveRequest& request);
AlgorithmCounts counts_scan_sklansky(const CollectiveRequest& request);
double closed_form_scan_sklansky(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_scan_sklansky(const CollectiveRequest& request);

}  // namespace twinlink::models
