// Speed of plan building, every row of the catalogue at 576 ranks in 8 domains, 64 MiB.
//
// Goal (release, one core): 5e6 ops/s. An op of many sources or dependencies is as much work as it
// has of them, so items are what a plan stores: ops, and slices and dependencies beyond two slices
// and one dependency each; ops_per_s counts ops alone.
#include <benchmark/benchmark.h>

#include <numeric>

#include "models/collectives/catalogue.h"

namespace {

using namespace twinlink;
using namespace twinlink::models;

constexpr int kRanks = 576, kRanksPerDomain = 72;

CollectiveRequest request_of(const Algorithm& algorithm) {
  CollectiveRequest request;
  request.operation = algorithm.operation;
  request.gpu_of_rank.resize(kRanks);
  std::iota(request.gpu_of_rank.begin(), request.gpu_of_rank.end(), 0);
  request.bytes = mib(64);
  request.multicast = algorithm.needs == Needs::multicast;
  if (!request.multicast)
    for (int r = 0; r < kRanks; ++r) request.domain_of_rank.push_back(r / kRanksPerDomain);
  return request;
}

std::size_t items_of(const Plan& plan) {
  const std::size_t ops = plan.ops.size();
  const std::size_t slices = plan.slices.size() > 2 * ops ? plan.slices.size() - 2 * ops : 0;
  const std::size_t deps = plan.deps.size() > ops ? plan.deps.size() - ops : 0;
  return ops + slices + deps;
}

void build(benchmark::State& state, const Algorithm& algorithm) {
  const CollectiveRequest request = request_of(algorithm);
  std::size_t ops = 0, items = 0;
  for (auto _ : state) {
    const Plan plan = build_plan(algorithm, request);
    ops = plan.ops.size();
    items = items_of(plan);
    benchmark::DoNotOptimize(plan.ops.data());
  }
  const auto runs = static_cast<double>(state.iterations());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
  state.counters["ops"] = static_cast<double>(ops);
  state.counters["ops_per_s"] =
      benchmark::Counter(runs * static_cast<double>(ops), benchmark::Counter::kIsRate);
}

}  // namespace

int main(int argc, char** argv) {
  for (const Algorithm& algorithm : catalogue()) {
    const std::string name =
        std::string(name_of(algorithm.operation)) + "/" + std::string(algorithm.name);
    benchmark::RegisterBenchmark(name.c_str(), build, algorithm)->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
