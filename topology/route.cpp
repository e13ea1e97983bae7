#include "topology/route.h"

#include <algorithm>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/filtered_graph.hpp>
#include <cmath>
#include <utility>

#include "topology/error.h"
#include "topology/striping.h"

namespace twinlink::topology {
namespace {

// Links turned round: a search from the destination meets every node by its fewest hops.
using ReverseGraph = boost::compressed_sparse_row_graph<boost::directedS>;

ReverseGraph reverse_of(const Topology& topology) {
  std::vector<std::pair<std::size_t, std::size_t>> edges;
  edges.reserve(topology.links().size());
  for (const Link& link : topology.links()) edges.emplace_back(link.to.index(), link.from.index());
  return {boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(),
          topology.nodes().size()};
}

bool forwards(NodeKind kind) {
  switch (kind) {
    case NodeKind::nvswitch:
    case NodeKind::pcie_switch:
    case NodeKind::cpu:
    case NodeKind::nic:
    case NodeKind::net_switch: return true;
    case NodeKind::gpu: return false;
  }
  return false;
}

std::vector<std::vector<LinkId>> outgoing_of(const Topology& topology) {
  std::vector<std::vector<LinkId>> outgoing(topology.nodes().size());
  for (std::size_t i = 0; i < topology.links().size(); ++i)
    outgoing[topology.links()[i].from.index()].push_back(LinkId{i});
  return outgoing;
}

// Keeps the links whose head may be entered by bytes for `to`.
struct MayEnter {
  const ReverseGraph* reverse = nullptr;
  const std::vector<bool>* may_forward = nullptr;
  NodeId to;
  bool operator()(const ReverseGraph::edge_descriptor& edge) const {
    return at(source(edge, *reverse));
  }
  [[nodiscard]] bool at(std::size_t head) const {
    return head == to.index() || (*may_forward)[head];
  }
};

[[noreturn]] void fail_no_route(const Topology& topology, NodeId from, NodeId to) {
  throw InputError("no route from \"" + topology.node(from).name + "\" to \"" +
                   topology.node(to).name + "\" on machine \"" + topology.name() + "\"");
}

}  // namespace

struct Router::State {
  explicit State(const Topology& machine)
      : topology(machine),
        reverse(reverse_of(machine)),
        outgoing(outgoing_of(machine)),
        descents(machine.nodes().size()),
        striping(machine) {
    for (const Node& node : machine.nodes()) may_forward.push_back(forwards(node.kind));
  }

  [[nodiscard]] std::vector<int> hops_to(NodeId to) const;
  [[nodiscard]] Descent find_descent(NodeId to) const;
  const Descent& descent_to(NodeId to);

  const Topology& topology;
  ReverseGraph reverse;
  std::vector<std::vector<LinkId>> outgoing;  // per node, ascending
  std::vector<bool> may_forward;              // per node
  std::vector<Descent> descents;              // per destination; empty: not asked for yet
  Striping striping;
};

std::vector<int> Router::State::hops_to(NodeId to) const {
  const boost::filtered_graph<ReverseGraph, MayEnter> graph(reverse, {&reverse, &may_forward, to});
  std::vector<int> hops(topology.nodes().size(), -1);
  hops[to.index()] = 0;
  boost::breadth_first_search(graph, to.index(),
                              boost::visitor(boost::make_bfs_visitor(
                                  boost::record_distances(hops.data(), boost::on_tree_edge()))));
  return hops;
}

Descent Router::State::find_descent(NodeId to) const {
  const MayEnter may_enter{&reverse, &may_forward, to};
  Descent descent{hops_to(to), {0}, {}};
  descent.first.reserve(outgoing.size() + 1);
  for (std::size_t node = 0; node < outgoing.size(); ++node) {
    for (const LinkId id : outgoing[node]) {
      const std::size_t head = topology.link(id).to.index();
      if (may_enter.at(head) && descent.hops[head] >= 0 &&
          descent.hops[head] + 1 == descent.hops[node])
        descent.links.push_back(id);
    }
    descent.first.push_back(static_cast<std::int32_t>(descent.links.size()));
  }
  return descent;
}

const Descent& Router::State::descent_to(NodeId to) {
  Descent& descent = descents[to.index()];
  if (descent.hops.empty()) descent = find_descent(to);
  return descent;
}

Router::Router(const Topology& topology) : state_(std::make_unique<State>(topology)) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;

Route Router::route(NodeId from, NodeId to) {
  const std::size_t nodes = state_->topology.nodes().size();
  TL_ENSURE(from.valid() && from.index() < nodes && to.valid() && to.index() < nodes,
            "a route joins two nodes of its machine");
  if (from == to) return {};
  const Descent& descent = state_->descent_to(to);
  if (descent.hops[from.index()] < 0) fail_no_route(state_->topology, from, to);
  return state_->striping.stripe(descent, from, to);
}

Bandwidth bandwidth_of(const Topology& topology, const Route& route) {
  TL_ENSURE(!route.links.empty(), "a route with a rate has a link");
  double rate = HUGE_VAL;
  for (const LinkShare& part : route.links)
    rate = std::min(
        rate, static_cast<double>(topology.link(part.link).bandwidth.bytes_per_s) / part.share);
  return {std::llround(rate)};
}

}  // namespace twinlink::topology
