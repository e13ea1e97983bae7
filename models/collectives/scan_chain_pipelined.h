#pragma once
// Scan, pipelined chain (ZeCO's All-Scan): the chain of scan_chain.h with the state cut into k
// slices.
//
// k is request.slices, or else round(sqrt((P-2) n / 1 MiB)), 1 to 256: the best k is sqrt((P-2) n
// beta / alpha) (Source), and 1 MiB is what a link of 700 GB/s moves in the 1.5 us of a hop.
//
//   exscan  (P-2+k) alpha + (n + (P-2) s) beta + (n + (P-3) s) gamma, s = ceil(n/k)
//   scan    (P-2+k) alpha + (n + (P-2) s) (beta + gamma)
// (ceil: in multiples of 16 bytes, aligned_share()).
// Source: ZeCO, arXiv 2507.01004 (its slices are 8; the schedule is the same).
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_chain_pipelined(const CollectiveRequest& request);
AlgorithmCounts counts_scan_chain_pipelined(const CollectiveRequest& request);
double closed_form_scan_chain_pipelined(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs);
OpCounts plan_size_scan_chain_pipelined(const CollectiveRequest& request);

}  // namespace twinlink::models
