#pragma once
// The least time that any algorithm can need for a request, in the model of AlphaBetaGamma.
//
// P members, n bytes (nccl-tests' size), s and t the largest and the smallest share of n; one group
// for itself, the slowest counts. P = 1 or n = 0: 0. Otherwise some data must travel: at least one
// alpha passes before the first byte arrives, and after it
//   ports   bytes that must go through one in or out port, at beta:
//     all_reduce      2 (P-1) n / P: every element travels P-1 times to be summed and P-1 times to
//                     be known (Patarasuk and Yuan 2009), all members together receive that, and
//                     one of them at least the mean
//     reduce_scatter  n - t: what belongs to others leaves a member, its own partial sum at least
//     all_gather      n - t: what others have must come in
//     all_to_all      max(n - t, (P-1) s): blocks sent, blocks received; with counts: the most that
//                     a member sends to others or receives from them
//     broadcast, sendrecv   n
//     exscan, scan    n: some member's output depends on others in every byte
//   work    combining, shared evenly by P members, at gamma: P-1 applications per element of a sum,
//           as many of a scan, P-2 of an exscan
// and the two may overlap: time >= alpha + max(ports beta, work gamma).
// Where switches reduce (request.multicast): an all_reduce still sends every element of every
// member once and receives every element once, so ports is n, and sums cost no work (of scans they
// do). Not in it: rendezvous, flags, launches, the limits of SMs; so no plan reaches it on
// hardware.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

// Seconds.
double lower_bound(const CollectiveRequest& request, const AlphaBetaGamma& costs);

}  // namespace twinlink::models
