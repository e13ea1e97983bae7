// Speed and memory of the simulator; plans are built outside of the time. Goals (release, one core,
// "such a core" as in tests/bench/peers: SimGrid 3.32 needs 1.3 s for the ring and 3.4 s for the
// equal pairs there):
//   ring of 576 ranks (662,400 ops), in step and skewed    5 million ops per second
//   all pairs of 256 ranks, equal sizes                    under 50 ms
//   all pairs of 256 ranks, random sizes                   under 1 s
//   memory, plan and run together                          150 bytes per op with one source, plus
//                                                          24 per further slice, 4 per dependency
// Each prints its goal beside the result (goal_s, goal_bytes_per_op); `met` needs a quiet machine.
#include <benchmark/benchmark.h>

#include <random>

#include "models/cost/cost_model.h"
#include "sim/flow_solver.h"
#include "sim/simulation.h"
#include "tests/bench/workloads.h"

namespace twinlink::bench {
namespace {

constexpr int kRingRanks = 576, kPairRanks = 256;
constexpr std::int64_t kRingBytes = 64 << 20, kPairBytes = 1 << 20;

void count(benchmark::State& state, const models::Plan& plan, std::size_t run_bytes) {
  const auto ops = static_cast<double>(plan.ops.size());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(plan.ops.size()));
  state.counters["ops"] = ops;
  state.counters["bytes_per_op"] =
      (static_cast<double>(plan.memory_bytes()) + static_cast<double>(run_bytes)) / ops;
  state.counters["run_bytes_per_op"] = static_cast<double>(run_bytes) / ops;
}

void simulate(benchmark::State& state, const models::Plan& plan, double goal_s) {
  const topology::Topology topology = crossbar(plan.ranks());
  const models::CalibrationProfile constants = profile();
  std::size_t bytes = 0;
  std::int64_t makespan = 0;
  for (auto _ : state) {
    models::CostModel costs(topology, constants, plan);
    sim::Simulation simulation(plan, costs);
    simulation.run();
    bytes = simulation.memory_bytes();
    makespan = simulation.take_timeline().makespan().ps;
    benchmark::DoNotOptimize(makespan);
  }
  count(state, plan, bytes);
  state.counters["goal_s"] = goal_s;
  state.counters["simulated_us"] = static_cast<double>(makespan) * 1e-6;
}

void ring_in_step(benchmark::State& state) {
  simulate(state, ring(kRingRanks, kRingBytes, false), 662'400 / 5e6);
}

void ring_skewed(benchmark::State& state) {
  simulate(state, ring(kRingRanks, kRingBytes, true), 662'400 / 5e6);
}

void pairs_equal(benchmark::State& state) {
  simulate(state, all_pairs(kPairRanks, [] { return kPairBytes; }), 0.050);
}

void pairs_random(benchmark::State& state) {
  simulate(state, all_pairs(kPairRanks, RandomSizes{}), 1);
}

// What a change costs: `flows` live flows between 64 ports, one ends and one begins per iteration.
void replace_one_flow(benchmark::State& state) {
  constexpr int kPorts = 64;
  std::mt19937 random(1);
  sim::FlowSolver solver(std::vector<double>(kPorts, 900e9));
  Duration now;
  const auto begin = [&] {
    const auto out = static_cast<std::int32_t>(random() % (kPorts / 2));
    const auto in = static_cast<std::int32_t>(random() % (kPorts / 2));
    const models::Use uses[] = {{out, 1}, {kPorts / 2 + in, 1}};
    const auto payload = static_cast<double>(1'000'000 + random() % 1'000'000);
    solver.begin({.payload = payload, .pattern = out * kPorts + in}, uses, now);
  };
  for (std::int64_t i = 0; i < state.range(0); ++i) begin();
  solver.solve(now);
  std::vector<std::uint32_t> ended;
  for (auto _ : state) {
    now = {solver.next_end()};
    ended.clear();
    solver.take_ended(now, ended);
    for (std::size_t i = 0; i < ended.size(); ++i) begin();
    solver.solve(now);
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(ring_in_step)->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK(ring_skewed)->Unit(benchmark::kMillisecond)->MinTime(2);
BENCHMARK(pairs_equal)->Unit(benchmark::kMillisecond)->MinTime(1);
BENCHMARK(pairs_random)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK(replace_one_flow)->Arg(64)->Arg(512)->Arg(4096);

}  // namespace
}  // namespace twinlink::bench

BENCHMARK_MAIN();
