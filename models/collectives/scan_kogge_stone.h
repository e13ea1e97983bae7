#pragma once
// Scan by doubling (Hillis and Steele, Kogge and Stone), "1-doubling": one fold per round.
//
//   exscan  shift: x[p] = input[p-1] for p >= 1; then for skip = 1, 2, 4 ... every p - skip >= 1:
//           x[p] = x[p-skip] x decay^skip + x[p];  output[0] = 0
//   scan    x[p] = input[p]; the same doubling over all positions
// Every position is read by one other in a round, so ports are not shared.
//
//   exscan  R = 1 + D, scan R = D;  D = ceil(log2 (P-1)) (scan: ceil(log2 P)) doublings
//   time = R (alpha + n beta) + D n gamma;  messages: P - 1 and the sum of P - 1 - 2^i, i < D
//   (scan: the sum of P - 2^i)
// Source: Hillis and Steele, Data Parallel Algorithms, CACM 29 (1986).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_kogge_stone(const CollectiveRequest& request);
AlgorithmCounts counts_scan_kogge_stone(const CollectiveRequest& request);
double closed_form_scan_kogge_stone(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_scan_kogge_stone(const CollectiveRequest& request);

}  // namespace twinlink::models
