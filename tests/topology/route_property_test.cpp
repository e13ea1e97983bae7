// Routes on random machines against the definition in route.h, evaluated by listing every path.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>

#include "topology/error.h"
#include "topology/route.h"

using namespace twinlink;
using namespace twinlink::topology;

namespace {

constexpr unsigned kSeed = 20250101;
constexpr int kMachines = 300;
// Shares are ratios of sums of at most a few hundred products, each rounded to 2^-53 = 1.1e-16.
constexpr double kTolerance = 1e-13;

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  // In [0, sides). The engine's numbers are specified by the standard; distributions are not.
  int roll(int sides) { return static_cast<int>(engine_() % static_cast<unsigned>(sides)); }

 private:
  std::mt19937 engine_;
};

Topology random_machine(Dice& dice) {
  Topology machine("random", Provenance::assumed, "test");
  const int nodes = 2 + dice.roll(8);
  for (int i = 0; i < nodes; ++i)
    machine.add_node(static_cast<NodeKind>(dice.roll(6)), "n" + std::to_string(i));
  const int links = dice.roll(4 * nodes);
  const std::int64_t rates[] = {25, 50, 63, 100, 450};
  for (int i = 0; i < links; ++i) {
    const NodeId from{dice.roll(nodes)};
    const NodeId to{dice.roll(nodes)};
    if (from != to)
      machine.add_link({from, to, gb_per_s(rates[dice.roll(5)]), ns(dice.roll(1000))});
  }
  return machine;
}

bool passes_on(const Topology& machine, NodeId node) {
  return machine.node(node).kind != NodeKind::gpu;
}

using Path = std::vector<LinkId>;

// All paths of exactly `length` links, by depth-first search.
void list_paths(const Topology& machine, NodeId to, std::size_t length, Path& path, NodeId at,
                std::vector<Path>& found) {
  if (path.size() == length) {
    if (at == to) found.push_back(path);
    return;
  }
  if (at == to || (!path.empty() && !passes_on(machine, at))) return;
  for (std::size_t i = 0; i < machine.links().size(); ++i) {
    if (machine.links()[i].from != at) continue;
    path.push_back(LinkId{i});
    list_paths(machine, to, length, path, machine.links()[i].to, found);
    path.pop_back();
  }
}

std::vector<Path> shortest_paths(const Topology& machine, NodeId from, NodeId to) {
  std::vector<Path> found;
  for (std::size_t length = 1; length < machine.nodes().size() && found.empty(); ++length) {
    Path path;
    list_paths(machine, to, length, path, from, found);
  }
  return found;
}

struct Expected {
  std::map<LinkId, double> weights;
  double total = 0;
  Duration latency;
};

Expected expected_route(const Topology& machine, const std::vector<Path>& paths) {
  Expected expected;
  for (const Path& path : paths) {
    double narrowest = HUGE_VAL;
    Duration latency;
    for (const LinkId id : path) {
      narrowest = std::min(narrowest, static_cast<double>(machine.link(id).bandwidth.bytes_per_s));
      latency += machine.link(id).latency;
    }
    for (const LinkId id : path) expected.weights[id] += narrowest;
    expected.total += narrowest;
    expected.latency = std::max(expected.latency, latency);
  }
  return expected;
}

// What enters each node less what leaves it: -1 at the source, +1 at the destination, else 0.
bool conserves(const Topology& machine, const Route& route, NodeId from, NodeId to) {
  std::vector<double> surplus(machine.nodes().size());
  for (const LinkShare& part : route.links) {
    surplus[machine.link(part.link).from.index()] -= part.share;
    surplus[machine.link(part.link).to.index()] += part.share;
  }
  surplus[from.index()] += 1;
  surplus[to.index()] -= 1;
  return std::all_of(surplus.begin(), surplus.end(),
                     [](double rest) { return std::abs(rest) < kTolerance; });
}

std::optional<Route> route_if_any(Router& router, NodeId from, NodeId to) {
  try {
    return router.route(from, to);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

bool same(const Route& route, const Expected& expected) {
  if (route.links.size() != expected.weights.size() || route.latency != expected.latency)
    return false;
  auto weight = expected.weights.begin();  // a map: by ascending link id, as the route must be
  return std::all_of(route.links.begin(), route.links.end(), [&](const LinkShare& part) {
    const auto& [link, sum] = *weight++;
    return part.link == link && std::abs(part.share - sum / expected.total) < kTolerance;
  });
}

// Returns whether there is a route.
bool check_pair(const Topology& machine, Router& router, NodeId from, NodeId to) {
  const std::vector<Path> paths = shortest_paths(machine, from, to);
  const std::optional<Route> route = route_if_any(router, from, to);
  REQUIRE(route.has_value() == !paths.empty());
  if (!route) return false;
  CHECK(route->hops == static_cast<int>(paths[0].size()));
  CHECK(route->paths == static_cast<double>(paths.size()));
  CHECK(same(*route, expected_route(machine, paths)));
  CHECK(conserves(machine, *route, from, to));
  return true;
}

}  // namespace

TEST_CASE("on random machines every route is what listing all paths gives") {
  Dice dice(kSeed);
  int routes = 0;
  for (int number = 0; number < kMachines; ++number) {
    CAPTURE(kSeed);
    CAPTURE(number);
    const Topology machine = random_machine(dice);
    Router router(machine);
    const int nodes = static_cast<int>(machine.nodes().size());
    for (int pair = 0; pair < nodes * nodes; ++pair) {
      const NodeId from{pair / nodes};
      const NodeId to{pair % nodes};
      CAPTURE(from.value);
      CAPTURE(to.value);
      if (from != to && check_pair(machine, router, from, to)) ++routes;
    }
  }
  // The machines are neither all cut into pieces nor all complete: the test has met real routes.
  CHECK(routes > 1000);
}

TEST_CASE("the conservation check catches a share that is off, lost or doubled") {
  Topology machine("m", Provenance::assumed, "test");
  const NodeId a = machine.add_node(NodeKind::gpu, "a");
  const NodeId b = machine.add_node(NodeKind::gpu, "b");
  for (const char* name : {"s", "t"}) {
    const NodeId middle = machine.add_node(NodeKind::nvswitch, name);
    machine.add_duplex({a, middle, gb_per_s(25), {}});
    machine.add_duplex({middle, b, gb_per_s(25), {}});
  }
  const Route route = Router(machine).route(a, b);
  REQUIRE(conserves(machine, route, a, b));
  Route off = route;
  off.links[0].share += 1e-9;
  CHECK_FALSE(conserves(machine, off, a, b));
  Route lost = route;
  lost.links.pop_back();
  CHECK_FALSE(conserves(machine, lost, a, b));
  Route doubled = route;
  for (LinkShare& part : doubled.links) part.share *= 2;
  CHECK_FALSE(conserves(machine, doubled, a, b));
}
