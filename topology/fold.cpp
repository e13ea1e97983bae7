#include "topology/fold.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <vector>

namespace twinlink::topology {
namespace {

// A link as its switch sees it.
struct Spoke {
  NodeId gpu;
  bool to_gpu = false;
  Duration latency;
  std::int64_t rate = 0;
  auto operator<=>(const Spoke&) const = default;
};

struct Member {
  NodeId node;
  std::vector<LinkId> links;  // in the order of its spokes
};
// By spokes whose rates are divided by their greatest common divisor: twins have the same.
using Twins = std::map<std::vector<Spoke>, std::vector<Member>>;

using LinksOf = std::vector<std::vector<LinkId>>;  // per node, those that begin or end there

LinksOf links_of(const Topology& topology) {
  LinksOf links(topology.nodes().size());
  for (std::size_t i = 0; i < topology.links().size(); ++i) {
    links[topology.links()[i].from.index()].push_back(LinkId{i});
    links[topology.links()[i].to.index()].push_back(LinkId{i});
  }
  return links;
}

Spoke spoke_of(const Topology& topology, NodeId hub, LinkId id) {
  const Link& link = topology.link(id);
  const bool to_gpu = link.from == hub;
  return {to_gpu ? link.to : link.from, to_gpu, link.latency, link.bandwidth.bytes_per_s};
}

bool joins_gpus_only(const Topology& topology, NodeId node, const std::vector<LinkId>& links) {
  return topology.node(node).kind == NodeKind::nvswitch && !links.empty() &&
         std::all_of(links.begin(), links.end(), [&](LinkId id) {
           return topology.node(spoke_of(topology, node, id).gpu).kind == NodeKind::gpu;
         });
}

void add_member(const Topology& topology, NodeId node, std::vector<LinkId> links, Twins& twins) {
  std::sort(links.begin(), links.end(), [&](LinkId a, LinkId b) {
    return spoke_of(topology, node, a) < spoke_of(topology, node, b);
  });
  std::vector<Spoke> spokes;
  std::int64_t divisor = 0;
  for (const LinkId id : links) {
    spokes.push_back(spoke_of(topology, node, id));
    divisor = std::gcd(divisor, spokes.back().rate);
  }
  for (Spoke& spoke : spokes) spoke.rate /= divisor;
  twins[std::move(spokes)].push_back({node, std::move(links)});
}

// "nvswitch0..17" of "nvswitch0" and "nvswitch17".
std::string name_of_all(const std::string& first, const std::string& last) {
  const std::size_t digits = last.find_last_not_of("0123456789") + 1;
  return first + ".." + (digits < last.size() ? last.substr(digits) : last);
}

// What becomes of nodes and links.
struct Fold {
  std::vector<bool> goes;           // per node: folded into an earlier twin
  std::vector<std::string> names;   // per node
  std::vector<std::int64_t> rates;  // per link
};

Fold fold_of(const Topology& topology, const Twins& twins) {
  Fold fold{std::vector<bool>(topology.nodes().size()), {}, {}};
  for (const Node& node : topology.nodes()) fold.names.push_back(node.name);
  for (const Link& link : topology.links()) fold.rates.push_back(link.bandwidth.bytes_per_s);
  for (const auto& [spokes, members] : twins) {
    const Member& first = members.front();
    for (std::size_t m = 1; m < members.size(); ++m) {
      fold.goes[members[m].node.index()] = true;
      for (std::size_t i = 0; i < first.links.size(); ++i)
        fold.rates[first.links[i].index()] +=
            topology.link(members[m].links[i]).bandwidth.bytes_per_s;
    }
    if (members.size() == 1) continue;
    const std::string name =
        name_of_all(topology.node(first.node).name, topology.node(members.back().node).name);
    if (!topology.find(name).valid()) fold.names[first.node.index()] = name;
  }
  return fold;
}

}  // namespace

Topology fold_twin_switches(const Topology& topology) {
  const LinksOf links = links_of(topology);
  Twins twins;
  for (std::size_t i = 0; i < links.size(); ++i)
    if (joins_gpus_only(topology, NodeId{i}, links[i]))
      add_member(topology, NodeId{i}, links[i], twins);
  const Fold fold = fold_of(topology, twins);

  Topology folded(topology.name(), topology.provenance(), topology.source());
  std::vector<NodeId> becomes(topology.nodes().size());
  for (std::size_t i = 0; i < becomes.size(); ++i) {
    const Node& node = topology.nodes()[i];
    if (!fold.goes[i]) becomes[i] = folded.add_node(node.kind, fold.names[i], node.multicast);
  }
  for (std::size_t i = 0; i < topology.links().size(); ++i) {
    const Link& link = topology.links()[i];
    const NodeId from = becomes[link.from.index()], to = becomes[link.to.index()];
    if (from.valid() && to.valid()) folded.add_link({from, to, {fold.rates[i]}, link.latency});
  }
  return folded;
}

}  // namespace twinlink::topology
