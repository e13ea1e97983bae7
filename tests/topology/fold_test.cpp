#include "topology/fold.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "topology/presets.h"
#include "topology/route.h"

using namespace twinlink;
using namespace twinlink::topology;

namespace {

std::size_t switches(const Topology& machine) {
  return static_cast<std::size_t>(
      std::ranges::count(machine.nodes(), NodeKind::nvswitch, &Node::kind));
}

// Routes between all GPUs: bandwidth, latency and hops are those of the whole machine.
void check_same_routes(const Topology& whole, const Topology& folded) {
  REQUIRE(whole.gpus().size() == folded.gpus().size());
  Router a(whole), b(folded);
  double worst = 0;
  for (std::size_t i = 0; i < whole.gpus().size(); ++i)
    for (std::size_t j = 0; j < whole.gpus().size(); ++j) {
      if (i == j) continue;
      const Route one = a.route(whole.gpus()[i], whole.gpus()[j]);
      const Route other = b.route(folded.gpus()[i], folded.gpus()[j]);
      CHECK(one.hops == other.hops);
      CHECK(one.latency == other.latency);
      const auto rate = static_cast<double>(bandwidth_of(whole, one).bytes_per_s);
      worst = std::max(
          worst, std::abs(1 - static_cast<double>(bandwidth_of(folded, other).bytes_per_s) / rate));
    }
  CHECK(worst < 1e-11);  // rates are rounded to bytes/s, of 1e9 and more
}

}  // namespace

TEST_CASE("the switches of a healthy machine fold into one per domain") {
  for (const char* name : {"hgx-a100", "hgx-h100", "hgx-b200", "gb200-nvl8", "nvl72-rack-2"}) {
    CAPTURE(name);
    const Topology whole = make_preset(name, 0);
    const Topology folded = fold_twin_switches(whole);
    CHECK(switches(folded) == (std::string(name) == "nvl72-rack-2" ? 2 : 1));
    if (whole.gpus().size() <= 8) check_same_routes(whole, folded);
  }
  const Topology folded = fold_twin_switches(make_preset("hgx-h100", 0));
  REQUIRE(folded.find("nvswitch0..3").valid());
  CHECK(folded.node(folded.find("nvswitch0..3")).multicast);
  CHECK(folded.links().size() == 16);
  for (const Link& link : folded.links()) CHECK(link.bandwidth == gb_per_s(450));
}

TEST_CASE("a damaged switch is nobody's twin") {
  const Degradation slow[] = {{"gpu5", "nvswitch1", 0.5}};
  const Topology whole = degrade(make_preset("hgx-a100", 0), slow);
  const Topology folded = fold_twin_switches(whole);
  CHECK(switches(folded) == 2);
  CHECK(folded.find("nvswitch1").valid());
  CHECK(folded.find("nvswitch0..5").valid());
  check_same_routes(whole, folded);
  // A GPU whose links are all slower alike: the switches are still twins.
  const Degradation alike[] = {{"gpu5", "", 0.5}};
  const Topology tired = degrade(make_preset("hgx-h100", 0), alike);
  CHECK(switches(fold_twin_switches(tired)) == 1);
  check_same_routes(tired, fold_twin_switches(tired));
}

TEST_CASE("what is no switch of GPUs alone stays as it is") {
  for (const char* name : {"rtx5090-pcie16", "h200-pair", "crossbar", "gb200-nvl4"}) {
    CAPTURE(name);
    const Topology whole = make_preset(name, 4);
    const Topology folded = fold_twin_switches(whole);
    CHECK(folded.nodes().size() == whole.nodes().size());
    CHECK(folded.links().size() == whole.links().size());
  }
  Topology joined = make_preset("hgx-b200", 0);  // a link between its switches
  joined.add_duplex({joined.find("nvswitch0"), joined.find("nvswitch1"), gb_per_s(1), {}});
  CHECK(switches(fold_twin_switches(joined)) == 2);
  Topology later = make_preset("hgx-b200", 0);  // other latencies
  later.add_duplex({later.find("gpu0"), later.find("nvswitch0"), gb_per_s(50), ns(5)});
  CHECK(switches(fold_twin_switches(later)) == 2);
  Topology taken = make_preset("hgx-b200", 0);  // the folded name is in use
  taken.add_node(NodeKind::cpu, "nvswitch0..1");
  CHECK(fold_twin_switches(taken).find("nvswitch0").valid());
}
