#pragma once
// A topology as text for people (stable, used in goldens) and as Graphviz DOT.
#include <string>

#include "topology/topology.h"

namespace twinlink::topology {

// Counts of nodes by kind, link classes (kind to kind, bandwidth, latency, how many), and for the
// first pair of GPUs the route: hops, paths, bandwidth, latency.
std::string to_text(const Topology& topology);
// One undirected edge per duplex pair; labels carry bandwidth.
std::string to_dot(const Topology& topology);

}  // namespace twinlink::topology
