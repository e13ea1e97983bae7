#include "topology/rail_tree.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "topology/fold.h"
#include "topology/presets.h"

using namespace twinlink;
using namespace twinlink::topology;

namespace {

void check_same_routes(const Topology& machine) {
  const auto tree = RailTree::of(machine);
  REQUIRE(tree.has_value());
  Router router(machine);
  const std::vector<NodeId>& gpus = machine.gpus();
  std::size_t different = 0;
  for (std::size_t from = 0; from < gpus.size(); ++from)
    for (std::size_t to = 0; to < gpus.size(); ++to) {
      const Route route = router.route(gpus[from], gpus[to]);
      std::vector<LinkShare> links;
      tree->append_links(from, to, links);
      std::ranges::sort(links, {}, &LinkShare::link);
      const bool same = std::ranges::equal(links, route.links, [](const auto& a, const auto& b) {
        return a.link == b.link && a.share == b.share;
      });
      const bool nic = std::ranges::any_of(route.links, [&](const LinkShare& part) {
        return machine.node(machine.link(part.link).to).kind == NodeKind::nic;
      });
      if (!same || tree->latency(from, to) != route.latency || tree->crosses_nic(from, to) != nic)
        ++different;
    }
  CHECK(different == 0);
}

// Every link with a latency of its own, except those of spines, which share one.
Topology with_latencies(const Topology& machine) {
  Topology result(machine.name(), machine.provenance(), machine.source());
  for (const Node& node : machine.nodes()) result.add_node(node.kind, node.name, node.multicast);
  std::int64_t next = 1;
  for (Link link : machine.links()) {
    const bool spine = machine.node(link.from).kind == NodeKind::net_switch &&
                       machine.node(link.to).kind == NodeKind::net_switch;
    link.latency = spine ? ns(300) : ns(next++);
    result.add_link(link);
  }
  return result;
}

bool is_rail_tree(const Topology& machine) { return RailTree::of(machine).has_value(); }

}  // namespace

TEST_CASE("computed routes are the Router's") {
  check_same_routes(fold_twin_switches(make_preset("nvl72-rack-2", 0)));
  check_same_routes(fold_twin_switches(make_preset("hgx-h100-node-5", 0)));
  check_same_routes(with_latencies(fold_twin_switches(make_preset("hgx-b200-node-3", 0))));
}

TEST_CASE("other shapes are left to the Router") {
  const Topology whole = fold_twin_switches(make_preset("hgx-h100-node-3", 0));
  REQUIRE(is_rail_tree(whole));
  const Degradation damages[] = {{"rail0", "spine1", 0.5}, {"rail0", "spine1", 0},
                                 {"gpu3", "nic3", 0},      {"nic3", "rail3", 0},
                                 {"spine0", "", 0},        {"gpu3", "node0.nvswitch0..3", 0}};
  for (const Degradation& damage : damages) {
    CAPTURE(damage.from);
    CHECK_FALSE(is_rail_tree(degrade(whole, std::span(&damage, 1))));
  }
  CHECK_FALSE(is_rail_tree(make_preset("hgx-h100-node-2", 0)));  // four switches a GPU
  CHECK_FALSE(is_rail_tree(make_preset("crossbar", 4)));
  CHECK_FALSE(is_rail_tree(make_preset("rtx5090-pcie16", 0)));
  Topology one_way = whole;
  one_way.add_link({one_way.find("gpu0"), one_way.find("nic1"), gb_per_s(1), {}});
  CHECK_FALSE(is_rail_tree(one_way));
}
