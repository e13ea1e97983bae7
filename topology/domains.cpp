#include "topology/domains.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/connected_components.hpp>
#include <set>
#include <utility>

namespace twinlink::topology {
namespace {

bool is_nvlink(NodeKind kind) { return kind == NodeKind::gpu || kind == NodeKind::nvswitch; }

// Per node, how many GPUs it has links to and from (the smaller number).
std::vector<std::size_t> gpus_reached(const Topology& topology) {
  std::set<std::pair<NodeId, NodeId>> to_gpu, from_gpu;  // switch, GPU: links side by side are one
  for (const Link& link : topology.links()) {
    if (topology.node(link.from).multicast) to_gpu.emplace(link.from, link.to);
    if (topology.node(link.to).multicast) from_gpu.emplace(link.to, link.from);
  }
  std::vector<std::size_t> to(topology.nodes().size()), from(to.size());
  const auto is_gpu = [&](NodeId node) { return topology.node(node).kind == NodeKind::gpu; };
  for (const auto& [hub, end] : to_gpu) to[hub.index()] += is_gpu(end) ? 1 : 0;
  for (const auto& [hub, end] : from_gpu) from[hub.index()] += is_gpu(end) ? 1 : 0;
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = std::min(to[i], from[i]);
  return to;
}

// Per node, a number that the nodes joined with it by GPUs and NVLink switches share.
std::vector<std::int32_t> components(const Topology& topology) {
  boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS> graph(
      topology.nodes().size());
  for (const Link& link : topology.links())
    if (is_nvlink(topology.node(link.from).kind) && is_nvlink(topology.node(link.to).kind))
      boost::add_edge(link.from.index(), link.to.index(), graph);
  std::vector<std::int32_t> component(topology.nodes().size());
  boost::connected_components(graph, component.data());
  return component;
}

}  // namespace

std::vector<std::int32_t> nvlink_domains(const Topology& topology) {
  const std::vector<std::int32_t> component = components(topology);
  std::vector<std::int32_t> number(component.size(), -1), domains;
  std::int32_t count = 0;
  for (const NodeId gpu : topology.gpus()) {
    std::int32_t& domain = number[static_cast<std::size_t>(component[gpu.index()])];
    if (domain < 0) domain = count++;
    domains.push_back(domain);
  }
  return domains;
}

bool multicast(const Topology& topology) {
  const std::vector<std::int32_t> component = components(topology);
  std::vector<std::size_t> gpus(component.size()), most(component.size());  // per component
  for (const NodeId gpu : topology.gpus()) ++gpus[static_cast<std::size_t>(component[gpu.index()])];
  const std::vector<std::size_t> reached = gpus_reached(topology);
  for (std::size_t node = 0; node < component.size(); ++node) {
    std::size_t& best = most[static_cast<std::size_t>(component[node])];
    best = std::max(best, reached[node]);
  }
  for (std::size_t i = 0; i < gpus.size(); ++i)
    if (gpus[i] > most[i]) return false;
  return !topology.gpus().empty();
}

}  // namespace twinlink::topology
