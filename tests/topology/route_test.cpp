#include "topology/route.h"

#include <doctest/doctest.h>

#include "topology/error.h"
#include "topology/presets.h"

using namespace twinlink;
using namespace twinlink::topology;

namespace {

Topology empty_machine() { return Topology("m", Provenance::assumed, "test"); }

// Of the route's bytes, what crosses the link between two nodes named so.
double share_between(const Topology& machine, const Route& route, const char* from,
                     const char* to) {
  double sum = 0;
  for (const LinkShare& part : route.links) {
    const Link& link = machine.link(part.link);
    if (machine.node(link.from).name == from && machine.node(link.to).name == to) sum += part.share;
  }
  return sum;
}

}  // namespace

TEST_CASE("a crossbar route is two links and 2 us") {
  const Topology machine = make_preset("crossbar", 3);
  Router router(machine);
  const Route route = router.route(machine.gpus()[2], machine.gpus()[0]);
  CHECK(route.hops == 2);
  CHECK(route.paths == 1);
  CHECK(route.latency == us(2));
  CHECK(bandwidth_of(machine, route) == gb_per_s(900));
  REQUIRE(route.links.size() == 2);
  // Links 2g and 2g+1 are those of GPU g, to and from the switch; ids ascend in the route.
  CHECK(route.links[0].link == LinkId{1});
  CHECK(route.links[1].link == LinkId{4});
  CHECK(route.links[0].share == 1.0);
}

TEST_CASE("a node reaches itself over no link") {
  const Topology machine = make_preset("crossbar", 2);
  const Route route = Router(machine).route(machine.gpus()[1], machine.gpus()[1]);
  CHECK(route.links.empty());
  CHECK(route.latency == Duration{});
  CHECK(route.hops == 0);
  CHECK(route.paths == 0);
}

TEST_CASE("h200-pair: one hop of 18 x 25 GB/s") {
  const Topology machine = make_preset("h200-pair", 0);
  const Route route = Router(machine).route(machine.gpus()[0], machine.gpus()[1]);
  CHECK(route.hops == 1);
  REQUIRE(route.links.size() == 1);
  CHECK(bandwidth_of(machine, route) == gb_per_s(450));
}

TEST_CASE("HGX with NVLink4 stripes 5/4/4/5 over its chips") {
  const Topology machine = make_preset("hgx-h100", 0);
  const Route route = Router(machine).route(machine.find("gpu6"), machine.find("gpu1"));
  CHECK(route.paths == 4);
  REQUIRE(route.links.size() == 8);
  const int links[] = {5, 4, 4, 5};
  for (int chip = 0; chip < 4; ++chip) {
    const std::string name = "nvswitch" + std::to_string(chip);
    // Exact: 125e9 / 450e9 is the double nearest to 5/18, as both are whole numbers below 2^53.
    CHECK(share_between(machine, route, "gpu6", name.c_str()) == links[chip] / 18.0);
    CHECK(share_between(machine, route, name.c_str(), "gpu1") == links[chip] / 18.0);
  }
  CHECK(bandwidth_of(machine, route) == gb_per_s(450));
}

TEST_CASE("NVL72 stripes over all 18 chips, and over 17 when one is gone") {
  const Topology whole = make_preset("gb200-nvl72", 0);
  const Route route = Router(whole).route(whole.find("gpu0"), whole.find("gpu71"));
  CHECK(route.paths == 18);
  REQUIRE(route.links.size() == 36);
  for (const LinkShare& part : route.links) CHECK(part.share == 1.0 / 18);
  CHECK(bandwidth_of(whole, route) == gb_per_s(900));

  const Degradation removed[] = {{"nvswitch5", "", 0}};
  const Topology broken = degrade(whole, removed);
  const Route rest = Router(broken).route(broken.find("gpu0"), broken.find("gpu71"));
  REQUIRE(rest.links.size() == 34);
  for (const LinkShare& part : rest.links) CHECK(part.share == 1.0 / 17);
  CHECK(bandwidth_of(broken, rest) == gb_per_s(17 * 50));
}

TEST_CASE("a half-speed link gets half the bytes of the others") {
  // NVL72 with one link at 25 GB/s: paths of 17 x 50 and 1 x 25, so 25/875 = 1/35 over the slow
  // one and 2/35 over each other.
  const Degradation slow[] = {{"gpu3", "nvswitch2", 0.5}};
  const Topology machine = degrade(make_preset("gb200-nvl72", 0), slow);
  const Route route = Router(machine).route(machine.find("gpu3"), machine.find("gpu4"));
  CHECK(share_between(machine, route, "gpu3", "nvswitch2") == doctest::Approx(1.0 / 35));
  CHECK(share_between(machine, route, "nvswitch2", "gpu4") == doctest::Approx(1.0 / 35));
  CHECK(share_between(machine, route, "nvswitch9", "gpu4") == doctest::Approx(2.0 / 35));
  CHECK(bandwidth_of(machine, route) == gb_per_s(875));
  // A pair that does not use the slow link is as before.
  for (const LinkShare& part :
       Router(machine).route(machine.find("gpu5"), machine.find("gpu4")).links)
    CHECK(part.share == 1.0 / 18);
}

TEST_CASE("the PCIe box: under one switch, under one socket, across sockets") {
  const Topology machine = make_preset("rtx5090-pcie16", 0);
  Router router(machine);
  const auto route = [&](const char* from, const char* to) {
    return router.route(machine.find(from), machine.find(to));
  };
  CHECK(route("gpu0", "gpu3").hops == 2);
  CHECK(route("gpu0", "gpu4").hops == 4);   // gpu, switch, cpu, switch, gpu
  CHECK(route("gpu0", "gpu15").hops == 5);  // and one more between the sockets
  CHECK(route("gpu0", "gpu4").latency == Duration{});
  CHECK(route("gpu0", "gpu15").latency == ns(160));
  CHECK(bandwidth_of(machine, route("gpu0", "gpu15")) == gb_per_s(63));
}

TEST_CASE("three hops: the share of a link is that of all paths through it") {
  // a -> s (10), s -> t (4) and s -> u (3), t -> b (2) and u -> b (9), all GB/s. Paths: a s t b is
  // narrowest at 2, a s u b at 3; so 2/5 and 3/5, and both over a -> s.
  Topology machine = empty_machine();
  const NodeId a = machine.add_node(NodeKind::gpu, "a");
  const NodeId b = machine.add_node(NodeKind::gpu, "b");
  const NodeId s = machine.add_node(NodeKind::net_switch, "s");
  const NodeId t = machine.add_node(NodeKind::net_switch, "t");
  const NodeId u = machine.add_node(NodeKind::cpu, "u");
  machine.add_link({a, s, gb_per_s(10), ns(1)});
  machine.add_link({s, t, gb_per_s(4), ns(2)});
  machine.add_link({s, u, gb_per_s(3), ns(20)});
  machine.add_link({t, b, gb_per_s(2), ns(40)});
  machine.add_link({u, b, gb_per_s(9), ns(5)});
  const Route route = Router(machine).route(a, b);
  CHECK(share_between(machine, route, "a", "s") == 1.0);
  CHECK(share_between(machine, route, "s", "t") == doctest::Approx(0.4));
  CHECK(share_between(machine, route, "u", "b") == doctest::Approx(0.6));
  // The larger of 1 + 2 + 40 and 1 + 20 + 5 ns.
  CHECK(route.latency == ns(43));
  // The link of 2 GB/s carries 0.4 of the bytes, u's of 3 GB/s carry 0.6: both are full at 5 GB/s.
  CHECK(bandwidth_of(machine, route) == gb_per_s(5));
}

TEST_CASE("parallel links are a path each") {
  Topology machine = empty_machine();
  const NodeId a = machine.add_node(NodeKind::gpu, "a");
  const NodeId b = machine.add_node(NodeKind::gpu, "b");
  machine.add_link({a, b, gb_per_s(30), {}});
  machine.add_link({a, b, gb_per_s(10), {}});
  const Route route = Router(machine).route(a, b);
  REQUIRE(route.links.size() == 2);
  CHECK(route.links[0].share == 0.75);
  CHECK(route.links[1].share == 0.25);
}

TEST_CASE("only the fewest hops count; GPUs forward nothing, NICs do") {
  Topology machine = empty_machine();
  const NodeId a = machine.add_node(NodeKind::gpu, "a");
  const NodeId b = machine.add_node(NodeKind::gpu, "b");
  const NodeId middle = machine.add_node(NodeKind::gpu, "middle");
  machine.add_duplex({a, middle, gb_per_s(9), {}});
  machine.add_duplex({middle, b, gb_per_s(9), {}});
  CHECK_THROWS_WITH_AS(Router(machine).route(a, b), "no route from \"a\" to \"b\" on machine \"m\"",
                       InputError);
  CHECK(Router(machine).route(a, middle).hops == 1);

  NodeId previous = a;
  for (int i = 0; i < 3; ++i) {
    const NodeId next = machine.add_node(NodeKind::cpu, "cpu" + std::to_string(i));
    machine.add_duplex({previous, next, gb_per_s(1), ns(7)});
    previous = next;
  }
  machine.add_duplex({previous, b, gb_per_s(1), ns(7)});
  const Route route = Router(machine).route(a, b);
  CHECK(route.hops == 4);
  CHECK(route.paths == 1);
  CHECK(route.latency == ns(28));

  const NodeId nic = machine.add_node(NodeKind::nic, "nic");
  machine.add_duplex({a, nic, gb_per_s(9), {}});
  machine.add_duplex({nic, b, gb_per_s(9), {}});
  CHECK(Router(machine).route(a, b).hops == 2);
}

TEST_CASE("a GPU cut off has no route, either way") {
  const Degradation removed[] = {{"gpu1", "", 0}};
  const Topology machine = degrade(make_preset("crossbar", 3), removed);
  Router router(machine);
  CHECK_THROWS_WITH_AS(router.route(machine.find("gpu0"), machine.find("gpu1")),
                       "no route from \"gpu0\" to \"gpu1\" on machine \"crossbar\"", InputError);
  CHECK_THROWS_AS(router.route(machine.find("gpu1"), machine.find("gpu0")), InputError);
  CHECK(router.route(machine.find("gpu0"), machine.find("gpu2")).hops == 2);
  CHECK_THROWS_AS(router.route(NodeId{}, machine.find("gpu0")), InternalError);
  CHECK_THROWS_AS(router.route(NodeId{99}, machine.find("gpu0")), InternalError);
}

TEST_CASE("2^40 paths are counted, not listed") {
  // Forty diamonds in a row: each doubles the paths; every branch carries half of the bytes.
  Topology machine = empty_machine();
  const NodeId source = machine.add_node(NodeKind::gpu, "source");
  NodeId end = source;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "d" + std::to_string(i);
    const NodeId next = machine.add_node(NodeKind::net_switch, name);
    for (const char* side : {"left", "right"}) {
      const NodeId branch = machine.add_node(NodeKind::net_switch, name + side);
      machine.add_duplex({end, branch, gb_per_s(50), ns(1)});
      machine.add_duplex({branch, next, gb_per_s(50), ns(1)});
    }
    end = next;
  }
  const Route route = Router(machine).route(source, end);
  CHECK(route.paths == 1099511627776.0);  // 2^40
  CHECK(route.hops == 80);
  CHECK(route.links.size() == 160);
  for (const LinkShare& part : route.links) CHECK(part.share == 0.5);
  CHECK(route.latency == ns(80));
}

TEST_CASE("routes do not depend on what was asked before") {
  const Degradation slow[] = {{"gpu3", "nvswitch2", 0.3}, {"nvswitch0", "", 0.7}};
  const Topology machine = degrade(make_preset("hgx-h200", 0), slow);
  Router forwards(machine);
  Router backwards(machine);
  std::vector<Route> routes;
  for (const NodeId from : machine.gpus())
    for (const NodeId to : machine.gpus()) routes.push_back(forwards.route(from, to));
  std::size_t at = routes.size();
  for (auto from = machine.gpus().rbegin(); from != machine.gpus().rend(); ++from)
    for (auto to = machine.gpus().rbegin(); to != machine.gpus().rend(); ++to) {
      const Route route = backwards.route(*from, *to);
      const Route& expected = routes[--at];
      REQUIRE(route.links.size() == expected.links.size());
      CHECK(route.latency == expected.latency);
      for (std::size_t i = 0; i < route.links.size(); ++i) {
        CHECK(route.links[i].link == expected.links[i].link);
        CHECK(route.links[i].share == expected.links[i].share);  // to the last bit
      }
    }
}
