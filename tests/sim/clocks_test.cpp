// Compute ops on a machine: HBM beside copies, SMs shared and held, and the clock that follows
// power. 1 TFLOP/s and 1000 GB/s: a flop takes a picosecond, and so does a byte of HBM.
#include "sim/clocks.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/sim/machines.h"
#include "tests/sim/work_bench.h"

namespace twinlink::sim::test {
namespace {

using namespace models;

constexpr double kWorkOfUs = 1e6;  // flops, or bytes, of a microsecond

// Two GPUs, 900 GB/s and no latency between them.
topology::Topology pair_of_gpus() {
  topology::Topology machine("pair", Provenance::assumed, "test");
  machine.add_duplex({machine.add_node(topology::NodeKind::gpu, "gpu0"),
                      machine.add_node(topology::NodeKind::gpu, "gpu1"),
                      gb_per_s(900),
                      {}});
  return machine;
}

// Copies at 400 GB/s.
CalibrationProfile round_profile() {
  CalibrationProfile p = ideal_profile();
  p.peak_flops.value = 1;
  p.hbm.value = 1000;
  p.copy_rate.value = 400;
  p.copy_weight.value = 800;
  return p;
}

// Idle 100 W; attention 300 on top, transfers 300 each way; the limit is such that all of them,
// 1000 W, leave (729 / 1000)^(1/3) = 0.9 of the clock, and any two leave all of it.
CalibrationProfile hot_profile() {
  CalibrationProfile p = round_profile();
  p.power_limit.value = 729;
  p.power_idle.value = 100;
  p.power_attention.value = 400;
  p.power_communication.value = 700;
  return p;
}

struct ClockBench : WorkBench {
  OpId work(int rank, double us_of_flops, double us_of_bytes = 0,
            WorkKind kind = WorkKind::attention) {
    const Bytes bytes{std::llround(us_of_bytes * kWorkOfUs)};
    return builder.compute(
        kernel(rank), {"w", us_of_flops * kWorkOfUs, bytes, kind, Precision::bf16, {}}, {}, {}, {});
  }
  OpId wait(int rank, Duration length) {
    return builder.compute(kernel(rank), {"w", 0, {}, WorkKind::plain, Precision::bf16, length}, {},
                           {}, {});
  }
  // A copy engine of rank 0 moves bytes, from or to rank 1.
  OpId copy(int from, std::int64_t bytes, const std::vector<Dep>& deps = {}) {
    const LaneId lane = builder.add_copy_lane(Rank{0}, queues++, LaunchMode::graph);
    return builder.copy(lane, buffer(from, bytes), buffer(1 - from, bytes), deps);
  }
  [[nodiscard]] Timeline run(const CalibrationProfile& profile) const {
    return simulate(builder.plan(), pair_of_gpus(), profile);
  }
  int queues = 0;
};

TEST_CASE("a memory-bound kernel gets the HBM that a copy leaves; the copy keeps its rate") {
  // The copy takes 40 MB in 100 us; the kernel has 600 of 1000 GB/s: 60 us become 60 / (1 - 0.4).
  ClockBench bench;
  const OpId kernel = bench.work(0, 0, 60);
  const OpId copy = bench.copy(1, 40'000'000);
  const Timeline t = bench.run(round_profile());
  CHECK(ended_us(t, copy) == about(100));
  CHECK(ended_us(t, kernel) == about(100));
}

TEST_CASE("a copy takes its part of what memory reaches, not of its peak") {
  // 40 MB at 80 % of 1000 GB/s: 50 us alone. The copy takes 400 of the 800 GB/s: 100 us beside it.
  CalibrationProfile profile = round_profile();
  profile.memory_efficiency.value = 0.8;
  ClockBench bench;
  const OpId kernel = bench.work(0, 0, 40);
  CHECK(ended_us(bench.run(profile), kernel) == about(50));
  const OpId copy = bench.copy(1, 40'000'000);
  CHECK(ended_us(bench.run(profile), kernel) == about(100));
  CHECK(ended_us(bench.run(profile), copy) == about(100));
}

TEST_CASE("a copy that joins slows a kernel from then on, and no longer than it lasts") {
  // 20 us alone: 20 MB. Then 20 MB of a copy, 50 us: 30 MB at 600 GB/s. 50 of 60 MB are done at 70
  // us, the rest takes 10.
  ClockBench bench;
  const OpId start = bench.wait(1, us(20));
  const OpId kernel = bench.work(0, 0, 60);
  const OpId copy = bench.copy(1, 20'000'000, {dep(start, Edge::event)});
  const Timeline t = bench.run(round_profile());
  CHECK(ended_us(t, copy) == about(70));
  CHECK(ended_us(t, kernel) == about(80));
}

TEST_CASE("a kernel bound by FLOPs is not slowed by HBM traffic that fits") {
  // 30 MB in 60 us are 500 GB/s, with the copy's 400 less than 1000. 42 MB are 700: 600 are left,
  // so it takes 42 / 0.6 us.
  for (const auto& [bytes, expected] : {std::pair{30.0, 60.0}, {42.0, 70.0}}) {
    ClockBench bench;
    const OpId kernel = bench.work(0, 60, bytes);
    bench.copy(1, 40'000'000);
    CHECK(ended_us(bench.run(round_profile()), kernel) == about(expected));
  }
}

TEST_CASE("kernels of one GPU share its SMs; those of another do not notice") {
  // 10 and 30 us of work at half speed: the first ends at 20; the other has 20 left.
  ClockBench bench;
  const OpId first = bench.work(0, 10), second = bench.work(0, 30), other = bench.work(1, 30);
  const Timeline t = bench.run(round_profile());
  CHECK(ended_us(t, first) == about(20));
  CHECK(ended_us(t, second) == about(40));
  CHECK(ended_us(t, other) == about(30));
}

TEST_CASE("ranks that share a GPU share its SMs") {
  PlanBuilder builder("shared", std::vector<std::int32_t>{0, 0});
  for (const int rank : {0, 1}) {
    const KernelId kernel = builder.add_kernel({Rank{rank}, LaunchMode::graph, "k"});
    builder.compute(builder.add_sm_lane(kernel, {.ctas = 1}), {"w", 10 * kWorkOfUs, {}}, {}, {},
                    {});
  }
  const Timeline t = simulate(builder.plan(), pair_of_gpus(), round_profile());
  CHECK(to_us(t.makespan()) == about(20));
}

TEST_CASE("compute slows with the CTAs that communication holds, while it holds them") {
  // 4 of 10 CTAs are held for 45 MB at 900 GB/s, 50 us: 30 of 60 us of work are done by then.
  CalibrationProfile profile = round_profile();
  profile.hbm.value = 0;
  profile.sms.value = 5;
  profile.ctas_per_sm.value = 2;
  ClockBench bench;
  bench.builder.copy(bench.kernel(0, 4), bench.buffer(1, 45'000'000), bench.buffer(0, 45'000'000),
                     {});
  const OpId work = bench.work(0, 60), other = bench.work(1, 60);
  const Timeline t = bench.run(profile);
  CHECK(ended_us(t, work) == about(80));
  CHECK(ended_us(t, other) == about(60));
}

TEST_CASE("the clock falls when power passes the limit, and recovers") {
  // 20 us at full clock; then copies both ways for 45 us (18 MB at 400 GB/s): 40.5 us of work. The
  // last 29.5 of 90 at full clock again: 20 + 45 + 29.5.
  ClockBench bench;
  const OpId start = bench.wait(1, us(20));
  const OpId work = bench.work(0, 90);
  for (const int from : {0, 1}) bench.copy(from, 18'000'000, {dep(start, Edge::event)});
  CHECK(ended_us(bench.run(hot_profile()), work) == about(94.5));
}

TEST_CASE("what stays within the limit runs at full clock: one way, another kind, another GPU") {
  CalibrationProfile profile = hot_profile();
  profile.power_memory.value = 120;
  ClockBench one_way;
  const OpId attention = one_way.work(0, 90);
  one_way.copy(1, 18'000'000);
  CHECK(ended_us(one_way.run(profile), attention) == about(90));  // 100 + 300 + 300 W
  ClockBench other;
  const OpId memory = other.work(0, 90, 0, WorkKind::memory);  // 100 + 20 + 600 W
  for (const int from : {0, 1}) other.copy(from, 18'000'000);
  CHECK(ended_us(other.run(profile), memory) == about(90));
}

TEST_CASE("the clock scales neither HBM nor links") {
  // Copies both ways take 200 of 1000 GB/s for 30 us; 800 are left for the kernel's 24 MB. Its
  // FLOPs take 20 us, at a clock of 0.9 22.2.
  CalibrationProfile profile = hot_profile();
  profile.copy_rate.value = 100;
  profile.copy_weight.value = 200;
  ClockBench bench;
  const OpId kernel = bench.work(0, 20, 24);
  std::vector<OpId> copies;
  for (const int from : {0, 1}) copies.push_back(bench.copy(from, 3'000'000));
  const Timeline t = bench.run(profile);
  for (const OpId copy : copies) CHECK(ended_us(t, copy) == about(30));
  CHECK(ended_us(t, kernel) == about(30));
}

TEST_CASE("with a time constant the clock approaches its target by samples") {
  // A sample each us: after n of them the clock is 0.9 + 0.1 e^(-n/8). Work done in 8 us:
  // 8 x 0.9 + 0.1 (1 - e^-1) / (1 - e^(-1/8)) = 7.2 + 0.1 x 0.632121 / 0.117503 = 7.737961 us.
  CalibrationProfile profile = hot_profile();
  profile.clock_time.value = 8;
  ClockBench bench;
  const OpId work = bench.work(0, 7.737961);
  for (const int from : {0, 1}) bench.copy(from, 18'000'000);
  CHECK(ended_us(bench.run(profile), work) == doctest::Approx(8).epsilon(1e-6));
}

TEST_CASE("a burst shorter than a sample counts by its mean power") {
  // Copies of 0.75 us both ways, every us: 100 + 300 + 0.75 x 600 = 850 W in the mean of a sample,
  // so the clock goes to (729 / 850)^(1/3) = 0.9501, not to 0.9.
  CalibrationProfile profile = hot_profile();
  profile.clock_time.value = 8;
  ClockBench bench;
  bench.work(0, 200);
  for (int i = 0; i < 200; ++i) {
    const OpId start = bench.wait(1, us(i));
    for (const int from : {0, 1}) bench.copy(from, 300'000, {dep(start, Edge::event)});
  }
  const Plan plan = bench.builder.plan();
  const SimResult result = SimExecutor(pair_of_gpus(), profile).simulate(plan);
  REQUIRE(result.mean_clocks.size() == 2);
  const double target = std::cbrt(729.0 / 850);
  // The first 8 us are the way there: 0.05 x 8 of 210 us are 0.002.
  CHECK(result.mean_clocks[0] == doctest::Approx(target).epsilon(0.003));
  CHECK(result.mean_clocks[1] == 1);
}

TEST_CASE("the published pair: attention beside communication both ways on GB200") {
  // Power relative to the limit: attention 0.967, communication 0.305, idle 0.129, both 1.144 at a
  // clock of 0.963 (arXiv 2604.01621, appendix A). Nothing here is fitted to the last two.
  CalibrationProfile profile = ideal_profile();
  profile.power_limit.value = 1200;
  profile.power_idle.value = 1200 * 0.129;
  profile.power_attention.value = 1200 * 0.967;
  profile.power_communication.value = 1200 * 0.305;
  const PowerModel model = power_model(profile);
  const double both =
      model.idle + model.work[static_cast<std::size_t>(WorkKind::attention)] + model.communication;
  CHECK(std::abs(both / 1200 - 1.144) < 0.002);
  CHECK(std::abs(model.clock_at(both) - 0.963) < 0.01);  // within a point: 0.956
  CHECK(model.clock_at(1200) == 1);
}

ClockBench busy_bench() {
  ClockBench bench;
  for (int i = 0; i < 20; ++i) {
    const OpId start = bench.wait(1, us(7 * i));
    bench.work(i % 2, 3 + i, 2 + i % 5);
    bench.copy(i % 2, 1'000'000 + 300'000 * i, {dep(start, Edge::event)});
  }
  return bench;
}

// One kernel after the other beside copies that nothing slows. (Kernels side by side may end
// earlier at a lower clock: shares of HBM then shift in time.)
ClockBench steady_bench() {
  ClockBench bench;
  const LaneId lane = bench.kernel(0);
  for (int i = 0; i < 20; ++i) {
    const Compute attention{"w", (3 + i) * kWorkOfUs, {}, WorkKind::attention, Precision::bf16, {}};
    bench.builder.compute(lane, attention, {}, {}, {});
    const OpId start = bench.wait(1, us(13 * i));
    bench.copy(i % 2, 1'000'000 + 300'000 * i, {dep(start, Edge::event)});
  }
  return bench;
}

TEST_CASE("more power never slows, and a limit out of reach is none") {
  const ClockBench bench = steady_bench();
  for (const double clock_time : {0.0, 40.0}) {
    CalibrationProfile profile = hot_profile();
    profile.clock_time.value = clock_time;
    Duration before{INT64_MAX};
    for (const double limit : {200, 400, 600, 800, 999, 1000, 1200}) {
      profile.power_limit.value = limit;
      const Duration now = bench.run(profile).makespan();
      CHECK(now <= before);
      before = now;
    }
    const Timeline free = bench.run(profile);
    profile.power_limit.value = 0;
    CHECK(same_bytes(bench.run(profile), free));
    profile.power_limit.value = 300;
    CHECK(bench.run(profile).makespan() > free.makespan());
  }
}

TEST_CASE("the same plan gives the same bytes") {
  CalibrationProfile profile = hot_profile();
  profile.power_limit.value = 500;
  profile.clock_time.value = 40;
  CHECK(same_bytes(busy_bench().run(profile), busy_bench().run(profile)));
}

// Whether HBM and SMs of GPU 0 have time for all that ends on it, in order of the ends: what ends
// by a moment has been served by then.
bool has_room(const Plan& plan, const Timeline& t) {
  for (const Duration by : t.end) {
    double bytes = 0, flops = 0;
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
      if (t.end[i] > by) continue;
      for (const auto& slices : {plan.sources(OpId{i}), plan.destinations(OpId{i})})
        for (const Slice& s : slices)
          if (plan.buffer(s.buffer).rank == Rank{0}) bytes += static_cast<double>(s.size.count);
      if (plan.ops[i].kind != OpKind::compute || plan.rank_of(OpId{i}) != Rank{0}) continue;
      bytes += static_cast<double>(plan.computes[plan.ops[i].detail].hbm_bytes.count);
      flops += plan.computes[plan.ops[i].detail].flops;
    }
    if (std::max(bytes, flops) > static_cast<double>(by.ps) + 1000) return false;
  }
  return true;
}

TEST_CASE("no resource gives more than it has; a kernel that ended early would show") {
  const ClockBench bench = busy_bench();
  const Plan plan = bench.builder.plan();
  Timeline t = bench.run(hot_profile());
  CHECK(has_room(plan, t));
  ClockBench full;  // HBM of GPU 0 is busy for all of 100 us
  const OpId kernel = full.work(0, 0, 60);
  full.copy(1, 40'000'000);
  const Plan busy = full.builder.plan();
  Timeline shifted = full.run(round_profile());
  CHECK(has_room(busy, shifted));
  shifted.end[kernel.index()] = us(60);  // as if alone, with the copy done at 59
  shifted.end[kernel.index() + 1] = us(59);
  CHECK_FALSE(has_room(busy, shifted));
}

}  // namespace
}  // namespace twinlink::sim::test
