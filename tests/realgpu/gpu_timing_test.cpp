// Timelines and samples from real devices. Times are compared with each other only.
#include <algorithm>

#include "models/plan/plan_builder.h"
#include "tests/realgpu/gpu_support.h"

using namespace twinlink;
using namespace twinlink::testing;
using models::Operation;

namespace {

// Timers of two GPUs are aligned to better than this (realgpu/clock_alignment.h: 0.5 us, and the
// timer of some GPUs steps by 1 us).
constexpr Duration kAlignment = us(3);

void check_order(const models::Plan& plan, const models::Timeline& timeline) {
  REQUIRE(timeline.end.size() == plan.ops.size());
  CHECK(timeline.clock == models::Clock::measured);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    CAPTURE(i);
    CHECK(timeline.start[i] >= Duration{});
    CHECK(timeline.start[i] <= timeline.end[i]);
    for (const models::Dep& d : plan.deps_of(OpId{i}))
      CHECK(timeline.end[d.id().index()] <= timeline.start[i] + kAlignment);
  }
}

}  // namespace

TEST_CASE("a measured timeline respects every dependency") {
  if (no_device()) return;
  models::Inputs inputs;
  inputs.decays = {0.9};
  const models::Plan scan = build(request(Operation::exscan, 4, mib(1)), "ring_decoupled");
  check_order(scan, execute(scan, inputs, true).timeline);
  const models::Plan all_reduce = build(request(Operation::all_reduce, 2, mib(1)), "two_shot");
  check_order(all_reduce, execute(all_reduce, {}, true).timeline);
}

TEST_CASE("samples are positive") {
  if (no_device()) return;
  const models::Execution execution =
      execute(build(request(Operation::all_reduce, 2, mib(1)), "ring"));
  for (const Duration sample : execution.samples) CHECK(sample > Duration{});
}

TEST_CASE("a compute op takes longer when it has more to do, and changes no data") {
  if (no_device()) return;
  const auto makespan = [](double flops, Bytes bytes) {
    auto wanted = request(Operation::exscan, 1, kib(4));
    wanted.local_work = {"local", flops, bytes};
    const models::Execution execution = execute(build(wanted, "ring_decoupled"), {1, {}, {1.0}});
    check_correct(execution);
    return *std::min_element(execution.samples.begin(), execution.samples.end());
  };
  // 10 GFLOP more on 32 CTAs of at most 0.5 TFLOP/s each, and 1 GB more at less than 5 TB/s: at
  // least 0.6 ms and 0.2 ms, against a few us of launch.
  const Duration little = makespan(1e3, kib(4));
  CHECK(makespan(1e10, kib(4)) > little);
  CHECK(makespan(1e3, gib(1)) > little);
}
