#pragma once
// A topology as text for people (stable, used in goldens) and as Graphviz DOT.
#include <string>

#include "topology/topology.h"

namespace twinlink::topology {

// Name, provenance and source, counts of nodes by kind, link classes (kind to kind, bandwidth,
// latency, how many), and for the first pair of GPUs the route: hops, paths, the bandwidth it
// sustains alone, latency. At most 80 columns unless a single word is wider.
std::string to_text(const Topology& topology);
// One undirected edge per duplex pair (same bandwidth and latency both ways), in order of the
// first of its links; other links have dir=forward. Labels carry the bandwidth of one direction,
// and the latency if there is one. Names are quoted and escaped.
std::string to_dot(const Topology& topology);

}  // namespace twinlink::topology
