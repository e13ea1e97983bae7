// Kernels that begin in order because compute ops fill the SMs. 1 TFLOP/s: a flop takes a ps;
// 16 SMs with 2 CTAs each; a crossbar's push takes 2 us of latency and 900 GB/s.
#include "sim/turns.h"

#include <doctest/doctest.h>

#include "tests/sim/machines.h"
#include "tests/sim/work_bench.h"

namespace twinlink::sim::test {
namespace {

using namespace models;

CalibrationProfile profile_in_order() {
  CalibrationProfile p = ideal_profile();
  p.peak_flops.value = p.flops_efficiency.value = 1;
  p.sms.value = 16;
  p.ctas_per_sm.value = 2;
  p.blocks_fill_sms.value = 1;
  p.copy_local_rate.value = 1000;
  return p;
}

struct TurnBench : WorkBench {
  OpId product(LaneId on, double us, std::span<const Dep> deps = {}) {
    return builder.compute(on, {"w", us * 1e6, {}, WorkKind::dense_gemm, Precision::bf16, {}}, {},
                           {}, deps);
  }
  // Of so many blocks.
  OpId product_of(LaneId on, double us, std::int64_t blocks, std::span<const Dep> deps = {}) {
    Compute work{"w", us * 1e6, {}, WorkKind::dense_gemm, Precision::bf16, {}};
    work.products = {{blocks, 1, 1, 1}};
    return builder.compute(on, work, {}, {}, deps);
  }
  // 3 us.
  OpId push(LaneId on) { return builder.copy(on, buffer(0, 900'000), buffer(1, 900'000), {}); }
  // An engine's copy within GPU 0, of so many us.
  OpId local_copy(LaneId queue, std::int64_t us) {
    return builder.copy(queue, buffer(0, us * 1'000'000), buffer(0, us * 1'000'000), {});
  }
  LaneId queue() { return builder.add_copy_lane(Rank{0}, 0, LaunchMode::graph); }
  [[nodiscard]] Timeline run(const CalibrationProfile& p) const {
    return simulate(builder.plan(), crossbar(2), p);
  }
};

TEST_CASE("a chain of products and one of copies within the GPU take turns") {
  // Products of 3 us, copies of 2 us, all asked for at 0 or when the one before ends:
  // 0..3, 3..5, 5..8, 8..10.
  TurnBench bench;
  const OpId first = bench.product(bench.kernel(0, 1), 3);
  const Dep after[] = {dep(first, Edge::graph)};
  const OpId second = bench.product(bench.kernel(0, 1), 3, after);
  const LaneId queue = bench.queue();
  const OpId copies[] = {bench.local_copy(queue, 2), bench.local_copy(queue, 2)};
  const Timeline t = bench.run(profile_in_order());
  CHECK(ended_us(t, first) == about(3));
  CHECK(ended_us(t, copies[0]) == about(5));
  CHECK(started_us(t, second) == about(5));
  CHECK(ended_us(t, second) == about(8));
  CHECK(ended_us(t, copies[1]) == about(10));
  CalibrationProfile beside = profile_in_order();
  beside.blocks_fill_sms.value = 0;
  CHECK(to_us(bench.run(beside).makespan()) == about(6));
}

TEST_CASE("a kernel waits for the product that fills, then takes its SMs from the next") {
  // The push of 4 CTAs runs 4..7. The second product, of 6 us alone, begins at 4 as well, with 12
  // of 16 SMs for 3 us: 3.75 us of it are left at 7.
  TurnBench bench;
  const OpId first = bench.product(bench.kernel(0, 1), 4);
  const Dep after[] = {dep(first, Edge::graph)};
  const OpId second = bench.product(bench.kernel(0, 1), 6, after);
  const OpId push = bench.push(bench.kernel(0, 4));
  const Timeline t = bench.run(profile_in_order());
  CHECK(started_us(t, push) == about(4));
  CHECK(ended_us(t, push) == about(7));
  CHECK(started_us(t, second) == about(4));
  CHECK(ended_us(t, second) == about(10.75));
}

TEST_CASE("turns come in the order in which they were asked for") {
  // A product until 4, a copy asked for before the push: 4..6, then the push.
  TurnBench bench;
  bench.product(bench.kernel(0, 1), 4);
  const OpId copy = bench.local_copy(bench.queue(), 2);
  const OpId push = bench.push(bench.kernel(0, 4));
  const Timeline t = bench.run(profile_in_order());
  CHECK(ended_us(t, copy) == about(6));
  CHECK(started_us(t, push) == about(6));
}

TEST_CASE("a kernel that is resident waits for nobody; engines between GPUs neither") {
  TurnBench bench;
  const LaneId lane = bench.kernel(0, 4);
  const OpId first = bench.push(lane), next = bench.push(lane);
  bench.product(bench.kernel(0, 1), 20);
  const OpId engine = bench.push(bench.queue());
  const Timeline t = bench.run(profile_in_order());
  CHECK(started_us(t, first) == 0);
  CHECK(started_us(t, next) == ended_us(t, first));
  CHECK(started_us(t, engine) == 0);
}

TEST_CASE("who waits for CTAs does not keep those who hold them from their turn") {
  // A kernel of 20 CTAs with two products, one of 20 that does not fit beside it (32 places): the
  // second product comes while the other kernel waits for room.
  TurnBench bench;
  const LaneId lane = bench.kernel(0, 20);
  bench.product(lane, 2);
  const OpId second = bench.product(lane, 2);
  const OpId push = bench.push(bench.kernel(0, 20));
  const Timeline t = bench.run(profile_in_order());
  CHECK(ended_us(t, second) == about(4));
  CHECK(started_us(t, push) == about(4));
}

TEST_CASE("nobody waits on another GPU") {
  TurnBench bench;
  bench.product(bench.kernel(0, 1), 4);
  const OpId other = bench.product(bench.kernel(1), 4);
  CHECK(ended_us(bench.run(profile_in_order()), other) == about(4));
}

CalibrationProfile profile_with_waves() {
  CalibrationProfile p = profile_in_order();
  p.gemm_tile.value = 1;
  p.l1_beside.value = 1e-5;
  return p;
}

TEST_CASE("kernels come in with the last wave of a product that leaves them SMs") {
  // 24 blocks on 16 SMs: waves 0..6 and 6..12 us. The first push waits until 6; the second, asked
  // for when the first has ended at 9, begins at once.
  TurnBench bench;
  const OpId first = bench.product_of(bench.kernel(0, 1), 12, 24);
  const OpId push = bench.push(bench.kernel(0, 4));
  const Dep after[] = {dep(push, Edge::graph)};
  const OpId next = bench.builder.copy(bench.kernel(0, 4), bench.buffer(0, 900'000),
                                       bench.buffer(1, 900'000), after);
  const Timeline t = bench.run(profile_with_waves());
  CHECK(started_us(t, push) == about(6));
  CHECK(started_us(t, next) == about(9));
  CHECK(ended_us(t, first) == about(12));  // its last wave leaves the SMs anyway
  CalibrationProfile later = profile_with_waves();
  later.l1_beside.value = 0;
  CHECK(started_us(bench.run(later), push) == about(12));
}

TEST_CASE("a last wave that takes all SMs leaves none") {
  TurnBench bench;
  bench.product_of(bench.kernel(0, 1), 12, 32);
  const OpId push = bench.push(bench.kernel(0, 4));
  CHECK(started_us(bench.run(profile_with_waves()), push) == about(12));
}

TEST_CASE("ops that fill wait for the end of a last wave, and who asked later with them") {
  TurnBench bench;
  bench.product_of(bench.kernel(0, 1), 12, 24);
  const OpId copy = bench.local_copy(bench.queue(), 2);
  const OpId push = bench.push(bench.kernel(0, 4));
  const Timeline t = bench.run(profile_with_waves());
  CHECK(started_us(t, copy) == about(12));
  CHECK(started_us(t, push) == about(14));
}

TEST_CASE("blocks that find no SM at first do their work after the others") {
  // The push comes in at 6 and stands on two SMs, two CTAs to each. The second product begins at 12
  // with all SMs if the push has ended (9), and at 2/3 of its rate while a longer one (6..20) holds
  // them: 30 blocks, two waves on 16; on 14 two of 28 and the two late ones.
  for (const bool longer : {false, true}) {
    TurnBench bench;
    const OpId first = bench.product_of(bench.kernel(0, 1), 12, 24);
    const Dep after[] = {dep(first, Edge::graph)};
    const OpId second = bench.product_of(bench.kernel(0, 1), 18, 30, after);
    const std::int64_t bytes = longer ? 12 * 900'000 : 900'000;  // 2 + 12 us, 2 + 1 us
    const OpId push =
        bench.builder.copy(bench.kernel(0, 4), bench.buffer(0, bytes), bench.buffer(1, bytes), {});
    const Timeline t = bench.run(profile_with_waves());
    CHECK(started_us(t, push) == about(6));
    CHECK(ended_us(t, push) == about(longer ? 20 : 9));
    // 8 us at 2/3: 5.33 of 18 are done at 20.
    CHECK(ended_us(t, second) == about(longer ? 20 + 18 - 8 * 2.0 / 3 : 30));
  }
}

}  // namespace
}  // namespace twinlink::sim::test
