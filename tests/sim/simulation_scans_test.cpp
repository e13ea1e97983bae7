// Scans on ideal machines against their closed forms; combining is free there (gamma = 0).
#include <doctest/doctest.h>

#include "tests/sim/machines.h"
#include "tests/support/rank_counts.h"

namespace twinlink::sim::test {
namespace {

using models::Algorithm;
using models::CollectiveRequest;
using models::Operation;

// Two links of 1 us, ports of 900 GB/s: picoseconds, picoseconds per byte.
constexpr models::AlphaBetaGamma kCrossbarPs{2e6, 1e12 / 900e9, 0};
constexpr Operation kScans[] = {Operation::exscan, Operation::scan};

// Every pair of GPUs has links of its own: no two messages meet.
topology::Topology mesh(int gpus) {
  topology::Topology machine("mesh", Provenance::assumed, "test");
  std::vector<NodeId> nodes;
  for (int i = 0; i < gpus; ++i)
    nodes.push_back(machine.add_node(topology::NodeKind::gpu, "gpu" + std::to_string(i)));
  for (std::size_t a = 0; a < nodes.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      machine.add_duplex({nodes[a], nodes[b], gb_per_s(900), us(2)});
  return machine;
}

// Domains of `size` GPUs on a switch each; between domains by a link of each GPU's own. Both ways
// 2 us and 900 GB/s.
topology::Topology domains(int count, int size) {
  topology::Topology machine("domains", Provenance::assumed, "test");
  const NodeId net = machine.add_node(topology::NodeKind::net_switch, "net");
  for (int d = 0; d < count; ++d) {
    const std::string name = std::to_string(d);
    const NodeId hub = machine.add_node(topology::NodeKind::nvswitch, "hub" + name);
    for (int g = 0; g < size; ++g) {
      const std::string at = name + "." + std::to_string(g);
      const NodeId gpu = machine.add_node(topology::NodeKind::gpu, "gpu" + at);
      const NodeId leaf = machine.add_node(topology::NodeKind::net_switch, "leaf" + at);
      machine.add_duplex({gpu, hub, gb_per_s(900), us(1)});
      machine.add_duplex({gpu, leaf, gb_per_s(900), Duration{500'000}});
      machine.add_duplex({leaf, net, gb_per_s(900), Duration{500'000}});
    }
  }
  return machine;
}

CollectiveRequest domain_request(Operation operation, int count, int size, Bytes bytes) {
  CollectiveRequest request = request_of(operation, count * size, bytes);
  for (int r = 0; r < count * size; ++r) request.domain_of_rank.push_back(r / size);
  return request;
}

double closed_form(const CollectiveRequest& request, const char* name) {
  return models::find_algorithm(request.operation, name).closed_form(request, kCrossbarPs);
}

// Ends are rounded up to whole picoseconds, one per op of the longest chain.
void check_time(double simulated, double formula, std::int64_t chain) {
  CHECK(simulated >= formula - 1);
  CHECK(simulated <= formula + static_cast<double>(chain) + 1);
}

void check_on(const topology::Topology& machine, const CollectiveRequest& request,
              const char* name) {
  CAPTURE(name);
  CAPTURE(request.gpu_of_rank.size());
  CAPTURE(request.bytes.count);
  CAPTURE(name_of(request.operation));
  const auto makespan =
      simulate(plan_of(request, name), machine, models::ideal_profile()).makespan().ps;
  // Rounds, or more ops where levels wait for each other.
  const std::int64_t chain =
      2 * models::find_algorithm(request.operation, name).counts(request).rounds;
  check_time(static_cast<double>(makespan), closed_form(request, name), chain);
}

TEST_CASE("scans whose ports are never shared, or that count it: closed form on the crossbar") {
  for (const char* name : {"ring_coupled", "ring_decoupled", "chain_pipelined", "kogge_stone",
                           "two_op_doubling", "doubling_123", "sklansky", "gather_direct",
                           "look_back", "transpose", "hierarchical_transpose"})
    for (const Operation operation : kScans)
      for (const int ranks :
           some_rank_counts({1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 33, 64, 72, 100, 130}))
        for (const std::int64_t elements : {1, 5, 1'000'003})
          check_on(crossbar(ranks), request_of(operation, ranks, {4 * elements}), name);
}

TEST_CASE("decay horizon: closed form on the crossbar, heads of one horizon and of several") {
  for (const Operation operation : kScans)
    for (const int ranks : {2, 3, 5, 12, 40, 72}) {
      CollectiveRequest request = request_of(operation, ranks, {4 * 120'000});
      check_on(crossbar(ranks), request, "decay_horizon");
      request.heads = 4;
      request.decays = {0.5, 0.01, 0.0, 1.0};  // 24, 4, 1 and all members
      check_on(crossbar(ranks), request, "decay_horizon");
    }
}

TEST_CASE("a few large groups") {
  for (const char* name : {"chain_pipelined", "kogge_stone", "doubling_123", "transpose"})
    for (const int ranks : large_rank_counts())
      check_on(crossbar(ranks), request_of(Operation::exscan, ranks, mib(4)), name);
}

TEST_CASE("trees whose block ends have several readers: closed form where no link is shared") {
  for (const char* name : {"blelloch", "brent_kung"})
    for (const Operation operation : kScans)
      for (const int ranks : {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 33, 64}) {
        check_on(mesh(ranks), request_of(operation, ranks, {4 * 1'000'003}), name);
        const auto request = request_of(operation, ranks, {4 * 1'000'003});
        const auto shared = simulate_ideal(plan_of(request, name)).makespan().ps;
        CHECK(static_cast<double>(shared) >= closed_form(request, name) - 1);
      }
}

TEST_CASE("sliced trees: closed form where no link is shared") {
  for (const char* name : {"blelloch", "brent_kung", "kogge_stone", "doubling_123"})
    for (const int ranks : {5, 8, 16, 21}) {
      CollectiveRequest request = request_of(Operation::exscan, ranks, {4 * 100'003});
      request.slices = 4;
      CAPTURE(ranks);
      const auto time =
          simulate(plan_of(request, name), mesh(ranks), models::ideal_profile()).makespan().ps;
      check_time(static_cast<double>(time), closed_form(request, name), 4 * 30);
    }
}

TEST_CASE("hierarchical transpose: closed form where NICs have links of their own") {
  for (const Operation operation : kScans)
    for (const int count : {2, 3, 5})
      for (const int size : {1, 2, 3, 8})
        for (const std::int64_t elements : {1, 7, 120'000, 1'000'003}) {
          const auto request = domain_request(operation, count, size, {4 * elements});
          const auto machine = domains(count, size);
          if (elements % size == 0) {
            check_on(machine, request, "hierarchical_transpose");
            continue;
          }
          // The formula takes the largest share all the way; another member's may end a stage.
          const auto time =
              simulate(plan_of(request, "hierarchical_transpose"), machine, models::ideal_profile())
                  .makespan()
                  .ps;
          const double formula = closed_form(request, "hierarchical_transpose");
          CAPTURE(count);
          CAPTURE(size);
          CHECK(static_cast<double>(time) <= formula + 12);
          CHECK(static_cast<double>(time) >= formula - 4 * (size + count) * kCrossbarPs.beta - 1);
        }
}

TEST_CASE(
    "hierarchical transpose on one switch: at most 2 (G-1) s later, beside the first domain's "
    "stage") {
  for (const int count : {2, 3, 5})
    for (const int size : {2, 4, 8}) {
      const auto request = domain_request(Operation::exscan, count, size, {4 * 8 * 30'000});
      const auto time = simulate_ideal(plan_of(request, "hierarchical_transpose")).makespan().ps;
      const double slice = 4.0 * 8 * 30'000 / size;
      CAPTURE(count);
      CAPTURE(size);
      const double formula = closed_form(request, "hierarchical_transpose");
      CHECK(static_cast<double>(time) > formula);
      CHECK(static_cast<double>(time) <= formula + 2 * (size - 1) * slice * kCrossbarPs.beta + 12);
    }
}

}  // namespace
}  // namespace twinlink::sim::test
