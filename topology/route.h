#pragma once
// Deterministic routes: which links the bytes from one node to another cross, and in which shares.
//
// A route is the set of all paths with the fewest hops; bytes are striped over the paths in
// proportion to each path's narrowest link, as NVLink spreads a GPU's traffic over all its switch
// chips:
//   share(link) = sum over paths p through link of narrowest(p) / sum over all paths of narrowest
// This holds for any number of hops, and exactly: paths are counted per bandwidth level, not listed
// (cost of a route: its links x its distinct bandwidths). So shares leaving the source sum to 1, as
// do those entering the destination, and every node between forwards what it gets. Links side by
// side between the same two nodes give a path each. The latency of a route is the largest of its
// paths' latencies.
// Any node may end a route; a GPU passes nothing on, every other node does (a NIC with two network
// ports would join their switches: give each port a node). A missing route is an InputError that
// names both ends. Not modelled: adaptive routing, in-order delivery per stripe.
#include <memory>
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
  double paths = 0;  // exact up to 2^53; 0: from a node to itself
};

// The rate that a route sustains alone: the smallest bandwidth / share among its links.
// Precondition: the route has a link.
Bandwidth bandwidth_of(const Topology& topology, const Route& route);

// Finds routes on demand and remembers the shortest-path links towards each destination asked for
// (8 bytes a node and 4 a link used, per destination). Keeps a reference to the topology, which
// must not change. Not thread-safe: one Router a thread.
class Router {
 public:
  explicit Router(const Topology& topology);
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) = delete;

  // Links by ascending id. Route from a node to itself: no links, no latency.
  Route route(NodeId from, NodeId to);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace twinlink::topology
