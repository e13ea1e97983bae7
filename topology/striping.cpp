#include "topology/striping.h"

#include <algorithm>
#include <utility>

namespace twinlink::topology {

Striping::Striping(const Topology& topology)
    : topology_(topology),
      seen_(topology.nodes().size()),
      paths_from_(topology.nodes().size()),
      paths_into_(topology.nodes().size()),
      latency_(topology.nodes().size()) {}

Route Striping::stripe(const Descent& descent, NodeId from, NodeId to) {
  route_ = Route{};
  route_.hops = descent.hops[from.index()];
  if (!follow_single_path(descent, from, to)) {
    collect_parts(descent, from);
    sort_levels();
    const double total = weigh_parts(from, to);
    route_.latency = longest_latency(to);
    route_.links.clear();
    route_.links.reserve(parts_.size());
    for (const Part& part : parts_) route_.links.push_back({part.id, part.weight / total});
  }
  std::sort(route_.links.begin(), route_.links.end(),
            [](const LinkShare& a, const LinkShare& b) { return a.link < b.link; });
  return std::move(route_);
}

// The common case of stars and trees, at the cost of walking down the path.
bool Striping::follow_single_path(const Descent& descent, NodeId from, NodeId to) {
  route_.paths = 1;
  route_.links.reserve(static_cast<std::size_t>(route_.hops));
  for (NodeId node = from; node != to;) {
    const std::span<const LinkId> next = descent.next(node);
    if (next.size() != 1) return false;
    const Link& link = topology_.link(next[0]);
    route_.links.push_back({next[0], 1.0});
    route_.latency += link.latency;
    node = link.to;
  }
  return true;
}

// Breadth first, so that every node comes after all nodes that lead to it.
void Striping::collect_parts(const Descent& descent, NodeId from) {
  parts_.clear();
  nodes_.assign(1, from);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const NodeId node = nodes_[i];
    for (const LinkId id : descent.next(node)) {
      const Link& link = topology_.link(id);
      parts_.push_back({id, node, link.to, static_cast<double>(link.bandwidth.bytes_per_s), 0});
      if (std::exchange(seen_[link.to.index()], 1) == 0) nodes_.push_back(link.to);
    }
  }
  for (const NodeId node : nodes_) seen_[node.index()] = 0;
}

void Striping::sort_levels() {
  levels_.clear();
  for (const Part& part : parts_)
    if (levels_.empty() || levels_.back() != part.bandwidth) levels_.push_back(part.bandwidth);
  std::sort(levels_.begin(), levels_.end());
  levels_.erase(std::unique(levels_.begin(), levels_.end()), levels_.end());
}

// Paths whose links all have at least `level`; leaves the counts of both sweeps behind.
double Striping::count_paths(NodeId from, NodeId to, double level) {
  for (const NodeId node : nodes_) paths_from_[node.index()] = paths_into_[node.index()] = 0;
  paths_into_[from.index()] = 1;
  paths_from_[to.index()] = 1;
  for (const Part& part : parts_)
    if (part.bandwidth >= level) paths_into_[part.to.index()] += paths_into_[part.from.index()];
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part)
    if (part->bandwidth >= level) paths_from_[part->from.index()] += paths_from_[part->to.index()];
  return paths_from_[from.index()];
}

double Striping::weigh_parts(NodeId from, NodeId to) {
  double total = 0;
  double previous = 0;
  for (const double level : levels_) {
    const double step = level - std::exchange(previous, level);
    const double paths = count_paths(from, to, level);
    if (level == levels_.front()) route_.paths = paths;
    total += step * paths;
    for (Part& part : parts_)
      if (part.bandwidth >= level)
        part.weight += step * (paths_into_[part.from.index()] * paths_from_[part.to.index()]);
  }
  return total;
}

Duration Striping::longest_latency(NodeId to) {
  for (const NodeId node : nodes_) latency_[node.index()] = {};
  for (const Part& part : parts_) {
    Duration& at_end = latency_[part.to.index()];
    at_end = std::max(at_end, latency_[part.from.index()] + topology_.link(part.id).latency);
  }
  return latency_[to.index()];
}

}  // namespace twinlink::topology
