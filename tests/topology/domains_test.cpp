#include "topology/domains.h"

#include <doctest/doctest.h>

#include <string>

#include "topology/presets.h"

using namespace twinlink;
using namespace twinlink::topology;

namespace {

using Domains = std::vector<std::int32_t>;

// Two switched domains of two GPUs whose GPUs alternate, joined by a NIC each.
Topology alternating(bool second_has_multicast) {
  Topology machine("alternating", Provenance::assumed, "test");
  const NodeId hubs[] = {machine.add_node(NodeKind::nvswitch, "hub0", true),
                         machine.add_node(NodeKind::nvswitch, "hub1", second_has_multicast)};
  const NodeId network = machine.add_node(NodeKind::net_switch, "network");
  for (int i = 0; i < 4; ++i) {
    const NodeId gpu = machine.add_node(NodeKind::gpu, "gpu" + std::to_string(i));
    const NodeId nic = machine.add_node(NodeKind::nic, "nic" + std::to_string(i));
    machine.add_duplex({gpu, hubs[i % 2], gb_per_s(1), {}});
    machine.add_duplex({gpu, nic, gb_per_s(1), {}});
    machine.add_duplex({nic, network, gb_per_s(1), {}});
  }
  return machine;
}

}  // namespace

TEST_CASE("domains are joined by NVLink only, and numbered by their first GPU") {
  CHECK(nvlink_domains(alternating(true)) == Domains{0, 1, 0, 1});
  CHECK(nvlink_domains(make_preset("h200-pair", 0)) == Domains{0, 0});
  CHECK(nvlink_domains(make_preset("gb200-nvl4", 0)) == Domains(4, 0));
  CHECK(nvlink_domains(make_preset("gb200-nvl72", 0)) == Domains(72, 0));
  const Domains pcie = nvlink_domains(make_preset("rtx5090-pcie16", 0));
  for (std::size_t i = 0; i < pcie.size(); ++i) CHECK(pcie[i] == static_cast<std::int32_t>(i));
  const Domains racks = nvlink_domains(make_preset("nvl72-rack-3", 0));
  REQUIRE(racks.size() == 216);
  for (std::size_t i = 0; i < racks.size(); ++i)
    CHECK(racks[i] == static_cast<std::int32_t>(i / 72));
}

TEST_CASE("a GPU cut off from its switches is a domain of its own") {
  const Degradation removed[] = {{"gpu1", "", 0}};
  CHECK(nvlink_domains(degrade(make_preset("crossbar", 3), removed)) == Domains{0, 1, 0});
}

TEST_CASE("multicast needs a switch that can, in every domain") {
  for (const char* name :
       {"hgx-h100", "hgx-h200", "hgx-b200", "gb200-nvl8", "gb200-nvl36", "gb200-nvl72",
        "gb300-nvl72", "crossbar", "nvl72-rack-2", "hgx-h100-node-2", "hgx-b200-node-2"}) {
    CAPTURE(name);
    CHECK(multicast(make_preset(name, 4)));
  }
  for (const char* name : {"h200-pair", "hgx-a100", "gb200-nvl4", "rtx5090-pcie16"}) {
    CAPTURE(name);
    CHECK_FALSE(multicast(make_preset(name, 4)));
  }
  CHECK(multicast(alternating(true)));
  CHECK_FALSE(multicast(alternating(false)));
  CHECK_FALSE(multicast(Topology("empty", Provenance::assumed, "")));
}

TEST_CASE("multicast reaches every GPU of the domain, both ways") {
  // One switch of four loses a GPU: the others still have all of them. All lose it: none has.
  const Topology whole = make_preset("hgx-h100", 0);
  const Degradation one[] = {{"gpu3", "nvswitch1", 0}};
  CHECK(multicast(degrade(whole, one)));
  const Degradation each[] = {{"gpu0", "nvswitch0", 0},
                              {"gpu1", "nvswitch1", 0},
                              {"gpu2", "nvswitch2", 0},
                              {"gpu3", "nvswitch3", 0}};
  CHECK_FALSE(multicast(degrade(whole, each)));
  // Links side by side are one; a link back that is missing counts.
  Topology machine("one way", Provenance::assumed, "test");
  const NodeId hub = machine.add_node(NodeKind::nvswitch, "hub", true);
  const NodeId a = machine.add_node(NodeKind::gpu, "a"), b = machine.add_node(NodeKind::gpu, "b");
  machine.add_duplex({a, hub, gb_per_s(1), {}});
  machine.add_duplex({a, hub, gb_per_s(1), {}});
  machine.add_link({b, hub, gb_per_s(1), {}});
  CHECK_FALSE(multicast(machine));
  machine.add_link({hub, b, gb_per_s(1), {}});
  CHECK(multicast(machine));
}
