#pragma once
// Deterministic routes: which links the bytes from one node to another cross, and in which shares.
//
// A route is the set of all paths with the fewest hops (ties: all of them); bytes are striped over
// the paths in proportion to each path's narrowest link, as NVLink spreads a GPU's traffic over all
// its switch chips. share sums to 1. The latency of a route is the largest of its paths' latencies.
// GPUs, CPUs and NICs may end a route; only switches and CPUs forward. A missing route is an
// InputError that names both ends. Boost.Graph is used in route.cpp only.
// Not modelled: adaptive routing, in-order delivery per stripe.
#include <map>
#include <vector>

#include "topology/topology.h"

namespace twinlink::topology {

struct LinkShare {
  LinkId link;
  double share;  // of the route's bytes, in (0, 1]
};

struct Route {
  std::vector<LinkShare> links;  // by ascending link id
  Duration latency;
  int hops = 0;
};

// Finds routes on demand and remembers shortest-path levels per source. Not thread-safe: one Router
// a thread.
class Router {
 public:
  explicit Router(const Topology& topology);
  // Links by ascending id. Route from a node to itself: no links, no latency.
  Route route(NodeId from, NodeId to);

 private:
  const std::vector<int>& hops_to(NodeId to);
  const Topology& topology_;
  std::map<NodeId, std::vector<int>> hops_;    // per destination: hops from every node, -1: none
  std::vector<std::vector<LinkId>> outgoing_;  // per node, ascending
};

}  // namespace twinlink::topology
