#pragma once
// Fewer links for the same routes: NVLink switches that are twins become one.
//
// Twins join the same GPUs and nothing else, with the same latencies and with bandwidths in one
// proportion, as the 18 chips of an NVL72 or the 5/4/4/5 links of an HGX H100. Every route through
// them is a link in and a link out, so striping fills the links of a GPU to its twin switches in
// proportion to their bandwidths: one switch with the sums of their links has the same routes,
// rates and latencies, exactly. A switch with a slower or missing link is nobody's twin.
#include "topology/topology.h"

namespace twinlink::topology {

// The nodes that stay keep their order, GPUs their indices. Folded switches are named as in
// "nvswitch0..17" (first and number of the last).
Topology fold_twin_switches(const Topology& topology);

}  // namespace twinlink::topology
