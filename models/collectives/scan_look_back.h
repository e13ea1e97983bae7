#pragma once
// Scan by decoupled look-back with a fixed distance: a static stand-in for an adaptive algorithm.
//
// Everybody's aggregate (its input) is public from the start. Position p folds, in one op, the
// inclusive prefix of position p - w and the aggregates between (w = ceil(sqrt P), at most P-1):
//   output[p] = prefix[p-w] x decay^(w-1) + input[p-w+1] x decay^(w-2) + ... + input[p-1]
// and publishes prefix[p] = output[p] x decay + input[p] for position p + w. scan: the own input is
// one more source, and the output is what it publishes.
//
// What of Merrill and Garland's algorithm a static plan can express: that aggregates are public
// before prefixes, that a rank may fold several aggregates and one prefix in one go, and any one
// fixed choice of how far each looks back. What it cannot: they look at flags while they wait and
// stop at the nearest rank whose prefix has arrived, so the distance follows the skew of arrival
// and is 1 where a chain has caught up. Without skew a distance of P (gather_direct) is the best
// choice here; with it the adaptive time lies between the ring's and this one's.
//
//   time = S (alpha + w n beta) + (P-2) n gamma, S = ceil((P-1) / w) steps   (scan: (P-1) n gamma)
// Ports: w readers share each rank's, which is then as busy as the readers' own, so that all of a
// step end together; chains that do not see ports find (S w - (P-1)) n beta less.
// Source: Merrill and Garland, Single-pass Parallel Prefix Scan, NVR-2016-002.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_look_back(const CollectiveRequest& request);
AlgorithmCounts counts_scan_look_back(const CollectiveRequest& request);
double closed_form_scan_look_back(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_scan_look_back(const CollectiveRequest& request);

}  // namespace twinlink::models
