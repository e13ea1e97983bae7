#include "topology/presets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "topology/error.h"
#include "topology/route.h"

using namespace twinlink;
using namespace twinlink::topology;

namespace {

int count(const Topology& machine, NodeKind kind) {
  return static_cast<int>(std::count_if(machine.nodes().begin(), machine.nodes().end(),
                                        [kind](const Node& node) { return node.kind == kind; }));
}

// What leaves a node over all its links.
Bandwidth out_of(const Topology& machine, const char* name) {
  Bandwidth sum;
  for (const Link& link : machine.links())
    if (machine.node(link.from).name == name) sum.bytes_per_s += link.bandwidth.bytes_per_s;
  return sum;
}

// Largest distance from 1 of what leaves the source and what enters the destination.
double error_of_sums(const Topology& machine, const Route& route, NodeId from, NodeId to) {
  double out = 0;
  double in = 0;
  for (const LinkShare& part : route.links) {
    if (machine.link(part.link).from == from) out += part.share;
    if (machine.link(part.link).to == to) in += part.share;
  }
  return std::max(std::abs(out - 1), std::abs(in - 1));
}

}  // namespace

TEST_CASE("every preset builds, says where its rates come from, and joins all its GPUs") {
  REQUIRE(presets().size() == 15);
  for (const std::string& preset : preset_names()) {
    CAPTURE(preset);
    const Topology machine = make_preset(preset, 5);
    const Preset row = *find_preset(preset);
    CHECK(machine.name() == preset);
    CHECK(machine.gpus().size() == static_cast<std::size_t>(row.gpus == 0 ? 5 : row.gpus));
    CHECK(machine.node(machine.gpus().back()).name ==
          "gpu" + std::to_string(machine.gpus().size() - 1));
    CHECK_FALSE(machine.source().empty());
    CHECK_FALSE(row.help.empty());
    Router router(machine);
    double error = 0;
    for (const NodeId from : machine.gpus())
      for (const NodeId to : machine.gpus())
        if (from != to)
          error = std::max(error, error_of_sums(machine, router.route(from, to), from, to));
    CHECK(error < 1e-14);  // 18 shares, each rounded to 2^-53
  }
}

TEST_CASE("GPUs have the line rate of their data sheet") {
  const auto rate = [](const char* preset) { return out_of(make_preset(preset, 8), "gpu0"); };
  CHECK(rate("crossbar") == gb_per_s(900));
  CHECK(rate("h200-pair") == gb_per_s(450));
  CHECK(rate("hgx-h100") == gb_per_s(450));
  CHECK(rate("hgx-h200") == gb_per_s(450));
  CHECK(rate("hgx-a100") == gb_per_s(300));  // 600 GB/s both ways
  CHECK(rate("gb200-nvl4") == gb_per_s(900));
  CHECK(rate("gb200-nvl8") == gb_per_s(900));
  CHECK(rate("gb200-nvl36") == gb_per_s(900));
  CHECK(rate("gb300-nvl72") == gb_per_s(900));
  CHECK(rate("hgx-b200") == gb_per_s(900));
  CHECK(rate("gb200-nvl72") == gb_per_s(900));
  CHECK(rate("rtx5090-pcie16") == gb_per_s(63));
}

TEST_CASE("NVL72 has 18 chips of 72 ports of 50 GB/s: 130 TB/s in the rack, both ways") {
  const Topology machine = make_preset("gb200-nvl72", 0);
  CHECK(count(machine, NodeKind::nvswitch) == 18);
  CHECK(machine.links().size() == 2 * 72 * 18);
  CHECK(out_of(machine, "nvswitch0") == gb_per_s(72 * 50));
  CHECK(out_of(machine, "nvswitch17") == gb_per_s(72 * 50));
  std::int64_t sum = 0;
  for (const Link& link : machine.links()) sum += link.bandwidth.bytes_per_s;
  CHECK(sum == 129'600'000'000'000);  // 2592 x 50 GB/s; the vendor rounds to 130 TB/s
}

TEST_CASE("two chips of an HGX B200 switch 14.4 TB/s, both ways") {
  const Topology machine = make_preset("hgx-b200", 0);
  CHECK(count(machine, NodeKind::nvswitch) == 2);
  // 8 GPUs x 9 links x 50 GB/s = 3.6 TB/s out of a chip; 2 chips, 2 directions: 14.4 TB/s.
  CHECK(out_of(machine, "nvswitch1") == gb_per_s(3600));
}

TEST_CASE("the PCIe box says that its wiring is assumed") {
  const Topology machine = make_preset("rtx5090-pcie16", 0);
  CHECK(machine.provenance() == Provenance::assumed);
  CHECK(machine.source().find("ASSUMED") != std::string::npos);
  CHECK(count(machine, NodeKind::pcie_switch) == 4);
  CHECK(count(machine, NodeKind::cpu) == 2);
  CHECK(make_preset("gb200-nvl72", 0).provenance() == Provenance::datasheet);
}

TEST_CASE("racks: a NIC per GPU, on the rail of its place in the rack") {
  const Topology machine = make_preset("nvl72-rack-8", 0);
  CHECK(machine.gpus().size() == 8 * 72);
  CHECK(count(machine, NodeKind::nvswitch) == 8 * 18);
  CHECK(count(machine, NodeKind::nic) == 8 * 72);
  CHECK(count(machine, NodeKind::net_switch) == 72 + 2);
  CHECK(out_of(machine, "gpu575") == gb_per_s(900 + 63));
  CHECK(out_of(machine, "nic0") == gb_per_s(63 + 50));
  // 8 NICs below and as much above: 2 x 8 x 50 GB/s out of a rail switch.
  CHECK(out_of(machine, "rail71") == gb_per_s(2 * 8 * 50));
  CHECK(out_of(machine, "spine1") == gb_per_s(72 * 8 * 50 / 2));
  Router router(machine);
  const auto hops = [&](int from, int to) {
    return router
        .route(machine.gpus()[static_cast<std::size_t>(from)],
               machine.gpus()[static_cast<std::size_t>(to)])
        .hops;
  };
  CHECK(hops(0, 71) == 2);          // one NVLink switch
  CHECK(hops(5, 72 + 5) == 4);      // NIC, rail, NIC
  CHECK(hops(5, 7 * 72 + 6) == 6);  // NIC, rail, spine, rail, NIC
}

TEST_CASE("the number of a family is 2 to what 4096 GPUs allow") {
  CHECK(make_preset("nvl72-rack-56", 0).gpus().size() == 4032);
  CHECK(make_preset("hgx-b200-node-512", 0).gpus().size() == 4096);
  CHECK(make_preset("hgx-h100-node-2", 0).gpus().size() == 16);
  for (const char* name :
       {"nvl72-rack-1", "nvl72-rack-57", "nvl72-rack-", "nvl72-rack-08", "nvl72-rack-8x",
        "nvl72-rack-N", "nvl72-rack--2", "nvl72-rack-99999999999999999999"})
    CHECK_THROWS_WITH_AS(make_preset(name, 0),
                         ("machine \"" + std::string(name) +
                          "\": the N of \"nvl72-rack-N\" is 2 to 56 (at most 4096 GPUs)")
                             .c_str(),
                         InputError);
  CHECK_THROWS_WITH_AS(make_preset("nvl72-rak-16", 0),
                       doctest::Contains("Did you mean \"nvl72-rack-16\"?"), InputError);
  CHECK_FALSE(find_preset("nvl72-rack-1").has_value());
  CHECK(find_preset("nvl72-rack-3")->gpus == 216);
}

TEST_CASE("latency only where the profile does not hold it") {
  for (const std::string& preset : preset_names()) {
    CAPTURE(preset);
    const Topology machine = make_preset(preset, 2);
    for (const Link& link : machine.links()) {
      const bool sockets = machine.node(link.from).kind == NodeKind::cpu &&
                           machine.node(link.to).kind == NodeKind::cpu;
      const Duration expected = preset == "crossbar" ? us(1) : (sockets ? ns(160) : Duration{});
      CHECK(link.latency == expected);
    }
  }
}

TEST_CASE("crossbar takes 1 to 4096 GPUs") {
  CHECK(make_preset("crossbar", 1).gpus().size() == 1);
  CHECK(make_preset("crossbar", 4096).links().size() == 8192);
  for (const int gpus : {0, -1, 4097})
    CHECK_THROWS_WITH_AS(
        make_preset("crossbar", gpus),
        ("machine \"crossbar\" needs 1 to 4096 GPUs, not " + std::to_string(gpus)).c_str(),
        InputError);
}

TEST_CASE("an unknown machine is refused with the nearest and all names") {
  CHECK_THROWS_WITH_AS(make_preset("gb200-nvl-72", 0),
                       "unknown machine \"gb200-nvl-72\". Did you mean \"gb200-nvl72\"? Known: "
                       "crossbar, h200-pair, hgx-a100, hgx-h100, hgx-h200, hgx-b200, gb200-nvl4, "
                       "gb200-nvl8, gb200-nvl36, gb200-nvl72, gb300-nvl72, rtx5090-pcie16, "
                       "nvl72-rack-N, hgx-h100-node-N, hgx-b200-node-N",
                       InputError);
  CHECK_THROWS_WITH_AS(make_preset("toaster", 0), doctest::Contains("\"toaster\". Known: crossbar"),
                       InputError);
}

TEST_CASE("degrading scales both directions, and only there") {
  const Degradation slow[] = {{"gpu0", "nvswitch1", 0.25}};
  const Topology whole = make_preset("hgx-h100", 0);
  const Topology machine = degrade(whole, slow);
  REQUIRE(machine.links().size() == whole.links().size());
  int changed = 0;
  for (std::size_t i = 0; i < whole.links().size(); ++i) {
    const Link& link = machine.links()[i];
    if (link.bandwidth == whole.links()[i].bandwidth) continue;
    ++changed;
    CHECK(link.bandwidth == gb_per_s(25));  // 4 x 25 GB/s x 0.25
  }
  CHECK(changed == 2);
  CHECK(machine.source() == whole.source() + " Degraded: gpu0 - nvswitch1 x 0.25.");
  CHECK(machine.provenance() == whole.provenance());
}

TEST_CASE("factors of one link multiply, and 0 wins") {
  const Topology whole = make_preset("h200-pair", 0);
  const Degradation twice[] = {{"gpu0", "", 0.5}, {"gpu1", "gpu0", 0.1}};
  CHECK(degrade(whole, twice).links()[0].bandwidth == Bandwidth{22'500'000'000});  // 450 x 0.05
  const Degradation removed[] = {{"gpu0", "", 0}, {"gpu1", "gpu0", 0.1}};
  CHECK(degrade(whole, removed).links().empty());
  CHECK(degrade(whole, removed).gpus().size() == 2);
  const Degradation tiny[] = {{"gpu0", "", 1e-300}};
  CHECK(degrade(whole, tiny).links()[0].bandwidth == Bandwidth{1});
  const Degradation none[] = {{"gpu0", "", 1}};
  CHECK(degrade(whole, none).links()[0].bandwidth == gb_per_s(450));
  CHECK(degrade(whole, {}).source() == whole.source());
}

TEST_CASE("all that is wrong with a list of degradations is said at once") {
  const Topology machine = make_preset("hgx-h100", 0);
  const Degradation wrong[] = {{"gpu1", "nvswitch0", 0.5},
                               {"gpu77", "nvswtch0", 0.5},
                               {"gpu0", "gpu1", 1.5},
                               {"gpu0", "", std::numeric_limits<double>::quiet_NaN()},
                               {"toaster", "", -0.5}};
  CHECK_THROWS_WITH_AS(degrade(machine, wrong),
                       "/degrade/1/from: machine \"hgx-h100\" has no node \"gpu77\". Did you mean "
                       "\"gpu7\"?\n"
                       "/degrade/1/to: machine \"hgx-h100\" has no node \"nvswtch0\". Did you mean "
                       "\"nvswitch0\"?\n"
                       "/degrade/2: no link joins \"gpu0\" and \"gpu1\"\n"
                       "/degrade/2/factor: factor is 1.5, not in 0 to 1\n"
                       "/degrade/3/factor: factor is nan, not in 0 to 1\n"
                       "/degrade/4/from: machine \"hgx-h100\" has no node \"toaster\".\n"
                       "/degrade/4/factor: factor is -0.5, not in 0 to 1",
                       InputError);
}
