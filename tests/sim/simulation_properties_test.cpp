// What must hold for every plan and machine: bounds, monotony, symmetry, determinism.
#include <doctest/doctest.h>

#include <thread>

#include "sim/bounds.h"
#include "tests/sim/machines.h"
#include "tests/support/rank_counts.h"

namespace twinlink::sim::test {
namespace {

using models::Algorithm;
using models::catalogue;
using models::Operation;
using models::Plan;

// A crossbar whose links have the given rate.
topology::Topology star(int gpus, Bandwidth rate) {
  topology::Topology machine("star", Provenance::assumed, "test");
  const NodeId hub = machine.add_node(topology::NodeKind::nvswitch, "hub");
  for (int i = 0; i < gpus; ++i) {
    const NodeId gpu = machine.add_node(topology::NodeKind::gpu, "gpu" + std::to_string(i));
    machine.add_duplex({gpu, hub, rate, us(1)});
  }
  return machine;
}

// What NCCL does without NVLink is not known: its calls are refused there.
bool can_run(const Algorithm& algorithm, std::string_view machine) {
  return algorithm.name != "nccl" || machine != "rtx5090-pcie16";
}

void check_bound(const Plan& plan, const topology::Topology& machine) {
  for (const auto& profile : {models::ideal_profile(), costly_profile()}) {
    const LowerBound bound = lower_bound(plan, machine, profile);
    const SimResult run = SimExecutor(machine, profile).simulate(plan);
    CHECK(run.timeline.makespan().ps >= bound.time().ps);
    // The run's own bound took another road: paths in the order of events, bytes summed likewise
    // (a sum of doubles in another order may round to the next ps).
    CHECK(run.lower_bound.chain == bound.chain);
    CHECK(std::abs(run.lower_bound.resource.ps - bound.resource.ps) <= 1);
    CHECK(bound.time().ps > 0);
  }
}

TEST_CASE("no plan of the catalogue beats its lower bound on any machine") {
  for (const std::string& preset : topology::preset_names()) {
    const auto machine = topology::make_preset(preset, 16);
    const int most = std::min(kSanitized ? 8 : 16, static_cast<int>(machine.gpus().size()));
    for (const Algorithm& algorithm : catalogue())
      for (const int ranks : {2, most - 1, most}) {
        if (ranks < 2 || !can_run(algorithm, preset)) continue;
        INFO(preset, ", ", algorithm.name, ", ranks ", ranks);
        const auto request = request_for(algorithm, ranks, Bytes{4 * (65'536 + ranks / 2)});
        check_bound(build_plan(algorithm, request), machine);
      }
  }
}

TEST_CASE("a lone transfer takes its bound, which is rounded down") {
  // 9e6 bytes at 900 GB/s + 2 us = 12 us, on both sides.
  const Plan plan = plan_of(request_of(Operation::all_to_all, 2, {18'000'000}), "direct");
  CHECK(simulate_ideal(plan).makespan() == us(12));
  const std::int64_t bound = lower_bound(plan, crossbar(2), models::ideal_profile()).time().ps;
  CHECK(us(12).ps - bound <= 1);
  CHECK(us(12).ps >= bound);
}

TEST_CASE("faster links never lengthen a plan without contention") {
  const Plan plan = plan_of(request_of(Operation::all_reduce, 16, Bytes{4 * 1'000'003}), "ring");
  Duration before{INT64_MAX};
  for (std::int64_t gb = 50; gb <= 1600; gb += 50) {
    INFO(gb, " GB/s");
    const Duration time =
        simulate(plan, star(16, gb_per_s(gb)), models::ideal_profile()).makespan();
    CHECK(time < before);
    before = time;
  }
}

TEST_CASE("on a symmetric machine it does not matter which rank sits where") {
  for (const Algorithm& algorithm : catalogue()) {
    auto request = request_for(algorithm, 12, Bytes{4 * 12'345});
    const Plan straight = build_plan(algorithm, request);
    for (std::size_t r = 0; r < 12; ++r)
      request.gpu_of_rank[r] = static_cast<std::int32_t>((5 * r + 3) % 12);  // 5 and 12: coprime
    const Plan permuted = build_plan(algorithm, request);
    INFO(algorithm.name);
    const auto machine = crossbar(12);
    for (const auto& profile : {models::ideal_profile(), costly_profile()})
      CHECK(same_bytes(simulate(straight, machine, profile), simulate(permuted, machine, profile)));
  }
}

TEST_CASE("two runs, and two at the same time, give the same bytes") {
  const auto machine = topology::make_preset("rtx5090-pcie16", 16);
  const auto profile = costly_profile();
  for (const Algorithm& algorithm : catalogue()) {
    if (!can_run(algorithm, machine.name())) continue;
    INFO(algorithm.name);
    const Plan plan = build_plan(algorithm, request_for(algorithm, 16, Bytes{4 * 1'000'003}));
    const models::Timeline once = simulate(plan, machine, profile);
    models::Timeline left, right;
    std::thread other([&] { left = simulate(plan, machine, profile); });
    right = simulate(plan, machine, profile);
    other.join();
    CHECK(once.end.size() == plan.ops.size());
    CHECK(same_bytes(once, left));
    CHECK(same_bytes(once, right));
  }
}

}  // namespace
}  // namespace twinlink::sim::test
