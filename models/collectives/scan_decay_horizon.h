#pragma once
// Scan within a decay horizon: each head folds only the predecessors whose decay still matters.
//
// Head h of decay a looks back H_h members, the smallest H >= 1 with a^H <= e (P where a = 1):
//   output[p] = sum over p - H_h <= j < p of input[j] x a^(p-1-j)   (scan: ... j <= p, a^(p-j))
// e is request.horizon_error, or else the unit roundoff of the element type (2^-24 for fp32);
// with request.lengths, a is the decay over the shortest chunk. What
// is left out of an element is at most a^H / (1 - a) <= e / (1 - a) times the largest input there.
// The claim says so: it has horizons, and is proved exactly within them. request.decays must be the
// decays that the plan will run with: with slower ones the bound does not hold, though the proof
// does. Known only where decays are known when the plan is built, not for data-dependent gates.
//
// Neighbouring heads of one horizon form a run; each run has a lane of its own on every rank (CTAs
// dealt evenly), so that all pull at once: one round. Slices of request.slices are not used.
//
//   time = alpha + sum over runs of min(H, P-1) n_run beta + max over runs of (min(H, P-1) - 1)
//   n_run gamma   (scan: min(H, P-1)); n_run: its bytes. The last position's incoming port, and the
//   first one's outgoing port, as in gather_direct, which this is where nothing decays
// Precedent: FlashKDA's warm-up check on gate decay; ALiBi slopes at chunks of 2048 tokens give
// H = 1 to 3 in fp32.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_scan_decay_horizon(const CollectiveRequest& request);
AlgorithmCounts counts_scan_decay_horizon(const CollectiveRequest& request);
double closed_form_scan_decay_horizon(const CollectiveRequest& request,
                                      const AlphaBetaGamma& costs);
OpCounts plan_size_scan_decay_horizon(const CollectiveRequest& request);

// H_h, at least 1 and at most `members`.
std::int32_t decay_horizon(double decay, double error, std::int64_t members);

}  // namespace twinlink::models
