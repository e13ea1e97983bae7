#include "topology/topology.h"

#include <doctest/doctest.h>

#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::topology;

TEST_CASE("nodes are found by name, GPUs by index") {
  Topology machine("m", Provenance::assumed, "test");
  const NodeId hub = machine.add_node(NodeKind::nvswitch, "hub");
  const NodeId gpu = machine.add_node(NodeKind::gpu, "gpu0");
  CHECK(machine.find("hub") == hub);
  CHECK(machine.find("gpu0") == gpu);
  CHECK_FALSE(machine.find("gpu").valid());
  CHECK(machine.gpus() == std::vector<NodeId>{gpu});
  CHECK_THROWS_AS(machine.add_node(NodeKind::cpu, "hub"), InternalError);
  CHECK(machine.nodes().size() == 2);
}

TEST_CASE("a duplex is two links with consecutive ids") {
  Topology machine("m", Provenance::assumed, "test");
  const NodeId a = machine.add_node(NodeKind::gpu, "a");
  const NodeId b = machine.add_node(NodeKind::gpu, "b");
  const LinkId there = machine.add_duplex({a, b, gb_per_s(25), ns(5)});
  const Link& back = machine.link(LinkId{there.index() + 1});
  CHECK(machine.link(there).to == b);
  CHECK(back.from == b);
  CHECK(back.to == a);
  CHECK(back.bandwidth == gb_per_s(25));
  CHECK(back.latency == ns(5));
}

TEST_CASE("a link needs two nodes and a rate") {
  Topology machine("m", Provenance::assumed, "test");
  const NodeId a = machine.add_node(NodeKind::gpu, "a");
  const NodeId b = machine.add_node(NodeKind::gpu, "b");
  CHECK_THROWS_AS(machine.add_link({a, a, gb_per_s(1), {}}), InternalError);
  CHECK_THROWS_AS(machine.add_link({a, NodeId{2}, gb_per_s(1), {}}), InternalError);
  CHECK_THROWS_AS(machine.add_link({a, b, Bandwidth{0}, {}}), InternalError);
  CHECK_THROWS_AS(machine.add_link({a, b, gb_per_s(1), Duration{-1}}), InternalError);
  CHECK(machine.links().empty());
}
