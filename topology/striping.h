#pragma once
// The shares of one route, given the links on shortest paths towards its destination (internal to
// the folder; the definition of a share is in route.h).
//
// With the bandwidths b1 < b2 < ... of the links between source and destination, narrowest(p) is
// the sum of the steps b_k - b_(k-1) over all levels k that p survives, where level k keeps only
// links of at least b_k. So the sum over paths of narrowest(p), through a link or in all, is
// sum_k step_k x (paths of level k), and paths are counted by one sweep forward and one back.
#include <cstdint>
#include <span>
#include <vector>

#include "topology/route.h"

namespace twinlink::topology {

// For one destination: hops from every node (-1: cannot reach it), and for every node its links
// that lead one hop nearer, by ascending id.
struct Descent {
  std::vector<int> hops;
  std::vector<std::int32_t> first;  // of node i: links[first[i] .. first[i + 1])
  std::vector<LinkId> links;
  [[nodiscard]] std::span<const LinkId> next(NodeId node) const {
    const auto begin = static_cast<std::size_t>(first[node.index()]);
    return {links.data() + begin, static_cast<std::size_t>(first[node.index() + 1]) - begin};
  }
};

// Keeps its arrays between calls, so that a route costs no allocation but its own.
class Striping {
 public:
  explicit Striping(const Topology& topology);
  // Precondition: from != to, and `descent` reaches `to` from `from`.
  Route stripe(const Descent& descent, NodeId from, NodeId to);

 private:
  struct Part {
    LinkId id;
    NodeId from, to;
    double bandwidth;
    double weight;  // sum of narrowest(p) over the paths p through it
  };
  bool follow_single_path(const Descent& descent, NodeId from, NodeId to);
  void collect_parts(const Descent& descent, NodeId from);
  void sort_levels();
  double count_paths(NodeId from, NodeId to, double level);
  double weigh_parts(NodeId from, NodeId to);
  Duration longest_latency(NodeId to);

  const Topology& topology_;
  Route route_;
  std::vector<Part> parts_;    // links of the route, nearer to the source first
  std::vector<NodeId> nodes_;  // its nodes, nearer to the source first
  std::vector<double> levels_;
  std::vector<char> seen_;                       // per node
  std::vector<double> paths_from_, paths_into_;  // per node: to the destination, from the source
  std::vector<Duration> latency_;                // per node: longest from the source
};

}  // namespace twinlink::topology
