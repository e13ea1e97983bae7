// Proof of large plans. Goals (release, one core): ring of 576 ranks under 100 ms, direct
// all-to-all of 576 ranks under 200 ms.
#include <benchmark/benchmark.h>

#include "models/checks/proof.h"
#include "tests/models/checks/support/plans.h"

namespace {

using twinlink::models::Edge;
using twinlink::models::Plan;
using twinlink::models::Proof;

void prove(benchmark::State& state, const Plan& plan) {
  for (auto _ : state) {
    const Proof proof = twinlink::models::prove(plan);
    if (!proof.correct()) state.SkipWithError("the plan is not proved");
    benchmark::DoNotOptimize(proof.total);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(plan.ops.size()));
}

void ring(benchmark::State& state) {
  const int ranks = static_cast<int>(state.range(0));
  prove(state, twinlink::models::test::ring_all_reduce(ranks, state.range(1)));
}

void all_to_all(benchmark::State& state) {
  const int ranks = static_cast<int>(state.range(0));
  prove(state, twinlink::models::test::direct_all_to_all(ranks, state.range(1)));
}

void two_shot(benchmark::State& state) {
  const int ranks = static_cast<int>(state.range(0));
  prove(state,
        twinlink::models::test::two_shot_all_reduce(ranks, state.range(1), Edge::flag_fenced));
}

// 64 MiB per rank; 64 MiB + 100 elements: ragged shares.
constexpr std::int64_t kElements = 1 << 24;
BENCHMARK(ring)->Args({72, kElements})->Args({576, kElements})->Args({576, kElements + 100});
BENCHMARK(all_to_all)->Args({576, kElements})->Args({576, kElements + 100});
BENCHMARK(two_shot)->Args({72, kElements})->Args({576, kElements});

}  // namespace

BENCHMARK_MAIN();
