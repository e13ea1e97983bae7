// Speed and memory of the simulator. Goals (release, one core; docs/performance.md has figures):
//   ring 576, in step or skewed   at least 5e6 ops/s (662,400 ops: 132 ms)
//   256 ranks, all pairs at once  equal sizes 50 ms, random sizes 1 s
//   memory                        150 bytes per op of one source and one destination, plus 24 per
//                                 further slice and 4 per dependency
//   direct all-to-all of 576      built, checked for races and simulated (crossbar) in 1 s
// A run is what a user pays after the plan is there: cost model, graph, engines and events.
// Building and proving the plan are measured on their own.
#include <benchmark/benchmark.h>

#include "models/checks/proof.h"
#include "models/cost/cost_model.h"
#include "sim/simulation.h"
#include "tests/bench/workloads.h"
#include "topology/presets.h"

namespace {

using namespace twinlink;

std::int64_t ops_of(const models::Plan& plan) { return static_cast<std::int64_t>(plan.ops.size()); }

// What the memory goal allows this plan.
double allowed_bytes(const models::Plan& plan) {
  const auto ops = static_cast<double>(plan.ops.size());
  const auto slices = static_cast<double>(plan.slices.size());
  return 150 * ops + 24 * (slices - 2 * ops) + 4 * static_cast<double>(plan.deps.size());
}

void count_memory(benchmark::State& state, const models::Plan& plan, std::size_t run_bytes) {
  const auto bytes = static_cast<double>(plan.memory_bytes() + run_bytes);
  state.counters["bytes_per_op"] = bytes / static_cast<double>(plan.ops.size());
  state.counters["bytes_goal"] = allowed_bytes(plan) / static_cast<double>(plan.ops.size());
}

void simulate(benchmark::State& state, const models::Plan& plan) {
  const auto machine = topology::make_preset("crossbar", plan.ranks());
  const auto profile = bench::profile();
  std::size_t run_bytes = 0;
  double simulated_us = 0;
  for (auto _ : state) {
    models::CostModel costs(machine, profile, plan);
    sim::Simulation simulation(plan, costs);
    simulation.run();
    run_bytes = simulation.memory_bytes();
    simulated_us = to_us(simulation.take_timeline().makespan());
  }
  count_memory(state, plan, run_bytes);
  state.counters["simulated_us"] = simulated_us;
  state.counters["ops_per_s"] = benchmark::Counter(
      static_cast<double>(ops_of(plan) * state.iterations()), benchmark::Counter::kIsRate);
}

void ring(benchmark::State& state) {
  simulate(state, bench::ring(static_cast<int>(state.range(0))));
  state.counters["ops_per_s_goal"] = 5e6;
}

void ring_skewed(benchmark::State& state) {
  simulate(state, bench::skewed_ring(static_cast<int>(state.range(0))));
  state.counters["ops_per_s_goal"] = 5e6;
}

void all_pairs_equal(benchmark::State& state) {
  simulate(state, bench::all_pairs(static_cast<int>(state.range(0))));
  state.counters["goal_ms"] = 50;
}

void all_pairs_random(benchmark::State& state) {
  simulate(state, bench::random_pairs(static_cast<int>(state.range(0))));
  state.counters["goal_ms"] = 1000;
}

// From the request to the time: 331,776 ops, 4 rounds of 144 lanes a rank.
void all_to_all_whole(benchmark::State& state) {
  const int ranks = static_cast<int>(state.range(0));
  const auto machine = topology::make_preset("crossbar", ranks);
  const auto profile = bench::profile();
  for (auto _ : state) {
    const models::Plan plan = bench::direct_all_to_all(ranks);
    if (!models::check_races(plan).correct()) state.SkipWithError("the plan has a race");
    models::CostModel costs(machine, profile, plan);
    sim::Simulation simulation(plan, costs);
    simulation.run();
    state.counters["simulated_us"] = to_us(simulation.take_timeline().makespan());
  }
  state.counters["goal_ms"] = 1000;
}

void build_ring(benchmark::State& state) {
  for (auto _ : state) {
    const models::Plan plan = bench::ring(static_cast<int>(state.range(0)));
    benchmark::DoNotOptimize(plan.ops.data());
  }
}

void prove_ring(benchmark::State& state) {
  const models::Plan plan = bench::ring(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    if (!models::prove(plan).correct()) state.SkipWithError("the plan is not proved");
  }
}

BENCHMARK(ring)->Arg(72)->Arg(576)->Unit(benchmark::kMillisecond);
BENCHMARK(ring_skewed)->Arg(72)->Arg(576)->Unit(benchmark::kMillisecond);
BENCHMARK(all_pairs_equal)->Arg(72)->Arg(256)->Unit(benchmark::kMillisecond);
BENCHMARK(all_pairs_random)->Arg(72)->Arg(256)->Unit(benchmark::kMillisecond);
BENCHMARK(all_to_all_whole)->Arg(576)->Unit(benchmark::kMillisecond);
BENCHMARK(build_ring)->Arg(576)->Unit(benchmark::kMillisecond);
BENCHMARK(prove_ring)->Arg(576)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
