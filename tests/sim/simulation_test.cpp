// Engines, barriers, edges and launches, op by op. 1 TFLOP/s: a compute op of f flops takes f ps.
#include "sim/simulation.h"

#include <doctest/doctest.h>

#include "tests/sim/machines.h"
#include "topology/error.h"

namespace twinlink::sim::test {
namespace {

using namespace models;

constexpr double kUs = 1e6;  // flops of a microsecond

CalibrationProfile timed_profile() {
  CalibrationProfile profile = ideal_profile();
  profile.peak_flops.value = profile.flops_efficiency.value = 1;
  return profile;
}

// A plan in the making, with one op per call.
struct Bench {
  explicit Bench(int ranks) : builder("test", ranks) {}
  explicit Bench(std::vector<std::int32_t> gpu_of_rank) : builder("test", std::move(gpu_of_rank)) {}

  LaneId kernel(int rank, int ctas = 1) {
    return builder.add_sm_lane(builder.add_kernel({Rank{rank}, LaunchMode::graph, "k"}),
                               {.ctas = ctas});
  }
  OpId work(LaneId lane, double us, const std::vector<Dep>& deps = {}) {
    const Duration length{static_cast<std::int64_t>(us * kUs)};
    return builder.compute(lane, {"w", 0, {}, WorkKind::plain, Precision::bf16, length}, {}, {},
                           deps);
  }
  // Pushes bytes from rank 0 to rank 1.
  OpId push(LaneId lane, std::int64_t bytes) {
    const auto buffer = [&](int rank) {
      return builder.add_buffer({Rank{rank}, BufferRole::scratch, ElementType::fp32, {bytes}, "b"});
    };
    return builder.copy(lane, {buffer(0), 0, {}, {bytes}}, {buffer(1), 0, {}, {bytes}}, {});
  }
  [[nodiscard]] Timeline run(const CalibrationProfile& profile) const {
    return simulate(builder.plan(), crossbar(builder.plan().ranks()), profile);
  }
  PlanBuilder builder;
};

double start_us(const Timeline& t, OpId op) { return to_us(t.start[op.index()]); }
double end_us(const Timeline& t, OpId op) { return to_us(t.end[op.index()]); }

TEST_CASE("kernels that do not fit wait in order, also one that would fit") {
  // 32 slots; kernels of 20, 20 and 10 CTAs, 1 us each. The third would fit next to the first, but
  // the second came before it: 0..1, then 1..2 together (20 + 10 <= 32).
  CalibrationProfile profile = timed_profile();
  profile.sms.value = 16;
  profile.ctas_per_sm.value = 2;
  Bench bench(1);
  const OpId a = bench.work(bench.kernel(0, 20), 1);
  const OpId b = bench.work(bench.kernel(0, 20), 1);
  const OpId c = bench.work(bench.kernel(0, 10), 1);
  const Timeline t = bench.run(profile);
  CHECK(end_us(t, a) == 1);
  CHECK(start_us(t, b) == 1);
  CHECK(start_us(t, c) == 1);
  CHECK(t.makespan() == us(2));
  profile.sms.value = 0;  // no limit: all at once
  CHECK(bench.run(profile).makespan() == us(1));
}

TEST_CASE("a kernel holds its CTAs from its first op to its last") {
  CalibrationProfile profile = timed_profile();
  profile.sms.value = 32;
  profile.ctas_per_sm.value = 1;
  Bench bench(1);
  const LaneId first = bench.kernel(0, 20);
  bench.work(first, 1);
  bench.work(first, 2);
  const OpId other = bench.work(bench.kernel(0, 20), 1);
  CHECK(start_us(bench.run(profile), other) == 3);
}

TEST_CASE("a kernel larger than its GPU is refused with both numbers") {
  CalibrationProfile profile = timed_profile();
  profile.sms.value = 16;
  profile.ctas_per_sm.value = 2;
  Bench bench(1);
  bench.work(bench.kernel(0, 33), 1);
  CHECK_THROWS_WITH_AS(static_cast<void>(bench.run(profile)),
                       doctest::Contains("33 CTAs at once, a GPU holds 32"), UnsupportedError);
}

TEST_CASE("a copy queue serves one op at a time, a GPU as many queues as it has engines") {
  // 900,000 bytes at 900 GB/s are 1 us, after 2 us of latency.
  const auto makespan = [](int queues, double engines) {
    CalibrationProfile profile = timed_profile();
    profile.copy_engines.value = engines;
    Bench bench(2);
    for (const int queue : {0, queues - 1})
      bench.push(bench.builder.add_copy_lane(Rank{0}, queue, LaunchMode::graph), 900'000);
    return bench.run(profile).makespan();
  };
  CHECK(makespan(1, 0) == us(6));  // one queue: 3 + 3
  CHECK(makespan(2, 1) == us(6));  // two queues, one engine
  CHECK(makespan(2, 2) == us(4));  // together: 2 of latency, then half the port each for 2
  CHECK(makespan(2, 0) == us(4));
}

TEST_CASE("a barrier ends for all at the last arrival plus its latency") {
  CalibrationProfile profile = timed_profile();
  profile.barrier_fenced.value = 0.5;
  Bench bench(2);
  const GroupId group = bench.builder.add_group({Rank{0}, Rank{1}});
  const auto meeting = bench.builder.add_rendezvous({group, Edge::flag_fenced});
  std::vector<OpId> members;
  for (const int rank : {0, 1}) {
    const LaneId lane = bench.kernel(rank);
    bench.work(lane, rank == 0 ? 1 : 3);
    members.push_back(bench.builder.barrier(lane, meeting, {}));
  }
  const Timeline t = bench.run(profile);
  CHECK(start_us(t, members[0]) == 1);
  CHECK(end_us(t, members[0]) == 3.5);  // max(1, 3) + 0.5
  CHECK(end_us(t, members[1]) == 3.5);
}

TEST_CASE("what an edge adds follows from its kind and whether it leaves the GPU") {
  CalibrationProfile profile = timed_profile();
  profile.flag.value = 0.5;
  profile.event.value = 1;
  profile.stream_memory.value = 3;
  const auto start_of_second = [&profile](Edge edge, int rank) {
    Bench bench(2);
    const OpId first = bench.work(bench.kernel(0), 1);
    const OpId second = bench.work(bench.kernel(rank), 1, {dep(first, edge)});
    return start_us(bench.run(profile), second);
  };
  CHECK(start_of_second(Edge::flag_fenced, 1) == 1.5);
  CHECK(start_of_second(Edge::flag_relaxed, 1) == 1.5);
  CHECK(start_of_second(Edge::flag_fenced, 0) == 1);
  CHECK(start_of_second(Edge::inline_ll, 1) == 1.5);  // the data carry their flag all the way
  CHECK(start_of_second(Edge::event, 1) == 2);
  CHECK(start_of_second(Edge::graph, 1) == 2);
  CHECK(start_of_second(Edge::graph, 0) == 1);  // on one GPU it is inside the launch gap
  CHECK(start_of_second(Edge::stream_memory, 1) == 4);
}

TEST_CASE("a flag between ranks that share a GPU takes its time, an event there does not") {
  CalibrationProfile profile = timed_profile();
  profile.flag.value = 0.5;
  profile.event.value = 1;
  const auto start_of_second = [&profile](Edge edge) {
    Bench bench(std::vector<std::int32_t>{0, 0});
    const OpId first = bench.work(bench.kernel(0), 1);
    const OpId second = bench.work(bench.kernel(1), 1, {dep(first, edge)});
    return start_us(bench.run(profile), second);
  };
  CHECK(start_of_second(Edge::flag_fenced) == 1.5);
  CHECK(start_of_second(Edge::inline_ll) == 1.5);
  CHECK(start_of_second(Edge::event) == 1);
}

TEST_CASE("the launch gap passes while flags come, but follows an event") {
  // Gap 2 us: the first op runs 2..3. A flag (0.5) is seen at 3.5, long after the second kernel's
  // own gap. After an event (1) at 4 the kernel is only launched: 4 + 2 = 6.
  CalibrationProfile profile = timed_profile();
  profile.graph_gap.value = 2;
  profile.flag.value = 0.5;
  profile.event.value = 1;
  const auto start_of_second = [&profile](Edge edge) {
    Bench bench(2);
    const OpId first = bench.work(bench.kernel(0), 1);
    const OpId second = bench.work(bench.kernel(1), 1, {dep(first, edge)});
    return start_us(bench.run(profile), second);
  };
  CHECK(start_of_second(Edge::flag_fenced) == 3.5);
  CHECK(start_of_second(Edge::event) == 6);
  Bench bench(1);  // only the first op of a lane pays
  const LaneId lane = bench.kernel(0);
  bench.work(lane, 1);
  bench.work(lane, 1);
  CHECK(bench.run(profile).makespan() == us(4));
}

TEST_CASE("compute is bound by flops or by its HBM traffic, whichever is longer") {
  CalibrationProfile profile = timed_profile();
  profile.hbm.value = 1000;  // 1 MB in 1 us
  const auto makespan = [&profile](double flops, std::int64_t bytes) {
    Bench bench(1);
    bench.builder.compute(bench.kernel(0), {"w", flops, {bytes}}, {}, {}, {});
    return bench.run(profile).makespan();
  };
  CHECK(makespan(5 * kUs, 2'000'000) == us(5));
  CHECK(makespan(1 * kUs, 2'000'000) == us(2));
}

TEST_CASE("a plan that cannot go on is an internal error that names an op") {
  // Two members, one arrives: op 1 on rank 0.
  Bench bench(2);
  const GroupId group = bench.builder.add_group({Rank{0}, Rank{1}});
  const auto meeting = bench.builder.add_rendezvous({group, Edge::flag_fenced});
  const LaneId lane = bench.kernel(0);
  bench.work(lane, 1);
  bench.builder.barrier(lane, meeting, {});
  CHECK_THROWS_WITH_AS(static_cast<void>(bench.run(timed_profile())),
                       doctest::Contains("op 1 of rank 0"), InternalError);
}

TEST_CASE("a lane goes on before its push has drained; the link is busy until then") {
  // 1,800,000 bytes at 900 GB/s are 2 us. One trip of 0.01 us would be 180 TB/s, but the SMs of 131
  // CTAs load and store 131 x 1000 GB/s: 1 - 900 / 131000 of 1 us is ahead.
  CalibrationProfile profile = timed_profile();
  profile.remote_round.value = profile.local_round.value = 0.01;
  profile.op_issue.value = 0.5;
  profile.sm_load_rate.value = profile.sm_store_rate.value = 2000;
  profile.push_ahead.value = 1;
  const auto run = [&profile](Edge edge) {
    Bench bench(2);
    const LaneId lane = bench.builder.add_sm_lane(
        bench.builder.add_kernel({Rank{0}, LaunchMode::graph, "k"}), {131, 512, 16, 4});
    const OpId push = bench.push(lane, 1'800'000);
    const OpId next = bench.work(lane, 0.25);
    const OpId seen = bench.work(bench.kernel(1), 0.25, {dep(push, edge)});
    const Timeline t = bench.run(profile);
    CHECK(start_us(t, seen) == doctest::Approx(end_us(t, push)));
    return end_us(t, push) - start_us(t, next);
  };
  // 2 us of latency, 0.5 of issue, 0.01 of loads, 2 on the link.
  CHECK(run(Edge::flag_relaxed) == doctest::Approx(1 - 900.0 / 131000).epsilon(1e-4));
  CHECK(run(Edge::flag_fenced) == 0);  // others wait for its fence, which waits for the drain
}

}  // namespace
}  // namespace twinlink::sim::test
