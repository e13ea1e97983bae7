#pragma once
// Scan by Brent and Kung's tree: the inclusive prefixes, then for exscan a shift by one position.
//
//   up     for h = 1, 2, 4 ...: r = 2h-1, 4h-1, ... pulls from r - h and folds: block ends hold
//   totals down   for h = ..., 2, 1: r = 3h-1, 5h-1, ... pulls from r - h, which holds its
//   inclusive prefix:
//          prefix[r] = prefix[r-h] x decay^h + total[r]
//   shift  output[p] = prefix[p-1];  output[0] = 0
// For any P: partners beyond P do not exist. Messages: P - popcount(P) up, P - 1 - floor(log2 P)
// down, P - 1 in the shift. Nothing waits for a level to end, so a chain has fewer steps than there
// are levels: 2 L - 1 instead of 2 L where P = 2^L.
//
//   rounds R = max over 1 <= m <= P of floor(log2 m) + popcount(m) (scan: one less)
//   time = R (alpha + n beta) + (R-1) n gamma (scan: (R-1) (alpha + n beta + n gamma))
// Without contention: a block end may be read by several ranks at once (levels of the way down and
// the shift), and then its port is shared. Source: Brent and Kung, A Regular Layout for Parallel
// Adders, IEEE TC 31 (1982).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_brent_kung(const CollectiveRequest& request);
AlgorithmCounts counts_scan_brent_kung(const CollectiveRequest& request);
double closed_form_scan_brent_kung(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_scan_brent_kung(const CollectiveRequest& request);

}  // namespace twinlink::models
