// Whole collectives on the ideal crossbar against their closed forms. B = 900 GB/s, l = 2 us.
#include <doctest/doctest.h>

#include "tests/sim/machines.h"

namespace twinlink::sim::test {
namespace {

using models::Operation;

constexpr double kPsPerByte = 1e12 / 900e9;
constexpr std::int64_t kLatency = 2'000'000;  // ps, two links

std::int64_t ring_makespan(int ranks, std::int64_t elements) {
  const auto request = request_of(Operation::all_reduce, ranks, {4 * elements});
  return simulate_ideal(plan_of(request, "ring")).makespan().ps;
}

// 2 (N-1) (share / B + l), share in whole elements.
double ring_formula(int ranks, std::int64_t share_elements) {
  return 2.0 * (ranks - 1) * (4.0 * static_cast<double>(share_elements) * kPsPerByte + kLatency);
}

void check_equal_shares(int ranks, std::int64_t share_elements) {
  INFO("ranks ", ranks, ", elements of a share ", share_elements);
  const auto time = static_cast<double>(ring_makespan(ranks, share_elements * ranks));
  const double exact = ring_formula(ranks, share_elements);
  const int steps = 2 * (ranks - 1);
  CHECK(time >= exact - 1e-3);   // the formula itself is in doubles
  CHECK(time <= exact + steps);  // each step's end is rounded up to a whole picosecond
}

TEST_CASE("ring all-reduce is 2 (N-1) (S / (N B) + l), within a picosecond per step") {
  // By hand: 8 ranks, 64 MiB: 14 x (8 MiB / 900 GB/s + 2 us) = 158.490 us.
  CHECK(static_cast<double>(ring_makespan(8, 1 << 24)) * 1e-6 ==
        doctest::Approx(158.490).epsilon(1e-5));
  for (int ranks = 2; ranks <= 72; ++ranks) {
    check_equal_shares(ranks, 1);
    check_equal_shares(ranks, 10'007);
    check_equal_shares(ranks, (1 << 24) / ranks);
  }
  check_equal_shares(576, (1 << 24) / 576);
}

TEST_CASE("ring all-reduce with unequal shares lies between the formulas of the two shares") {
  for (int ranks = 2; ranks <= 72; ++ranks) {
    const std::int64_t elements = 12'345LL * ranks + ranks / 2;
    INFO("ranks ", ranks, ", elements ", elements);
    const auto time = static_cast<double>(ring_makespan(ranks, elements));
    CHECK(time >= ring_formula(ranks, elements / ranks) - 1e-3);
    CHECK(time <= ring_formula(ranks, (elements + ranks - 1) / ranks) + 2 * (ranks - 1));
  }
}

TEST_CASE("all-to-all is (N-1) n / B + l: ports are shared by all pairs") {
  // 1 MiB per pair. 8 ranks: 7 MiB / 900 GB/s + 2 us = 8.156 + 2 us.
  for (int ranks = 2; ranks <= 72; ranks += ranks < 12 ? 1 : 15) {
    INFO("ranks ", ranks);
    const auto request = request_of(Operation::all_to_all, ranks, mib(ranks));
    const models::Timeline timeline = simulate_ideal(plan_of(request, "direct"));
    const auto size = mib(ranks - 1);
    const std::int64_t exact = transfer_time(size, gb_per_s(900)).ps + kLatency;
    CHECK(std::abs(timeline.makespan().ps - exact) <= 1);
  }
}

TEST_CASE("bottleneck: a port when bytes decide, latency when they do not") {
  const auto machine = crossbar(8);
  const auto profile = models::ideal_profile();
  const SimExecutor executor(machine, profile);
  const auto large = request_of(Operation::all_to_all, 8, mib(800));
  CHECK(executor.simulate(plan_of(large, "direct")).bottleneck.utilisation > 0.99);
  const auto small = request_of(Operation::all_to_all, 8, {64});
  CHECK(executor.simulate(plan_of(small, "direct")).bottleneck.resource == "latency");
}

}  // namespace
}  // namespace twinlink::sim::test
