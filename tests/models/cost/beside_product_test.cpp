// What a product does to the SM copies beside it: places, L1, the SM clock, waits of HBM.
#include <doctest/doctest.h>

#include "models/cost/cost_model.h"
#include "tests/models/cost/lane_pair.h"

namespace twinlink::models {
namespace {

CalibrationProfile profile_beside() {
  CalibrationProfile p = ideal_profile();
  p.remote_round.value = 1;
  p.local_round.value = 0.5;
  p.op_issue.value = 0.6;
  p.sm_load_rate.value = 200;
  p.sm_store_rate.value = 50;
  p.hbm.value = 4000;
  return p;
}

// A copy within GPU 0 of 101 trips (50 us of rounds, and 0.82 us of 40 GB/s by each of 8 SMs), and
// a product beside it.
struct CopyAndProduct : testing::LanePair {
  CopyAndProduct() : LanePair(mib(8), {8, 512, 16, 4}) {
    const Bytes size{101 * 8 * 32768};
    const auto mine = [&](const char* name) {
      return builder.add_buffer({Rank{0}, BufferRole::scratch, ElementType::fp32, size, name});
    };
    op = builder.copy(lane[0], {mine("from"), 0, {}, size}, {mine("to"), 0, {}, size}, {});
    product = builder.compute(
        builder.add_sm_lane(builder.add_kernel({Rank{0}, LaunchMode::graph, "p"}), {.ctas = 1}),
        {"gemm", 1e9, mib(4), WorkKind::dense_gemm, Precision::bf16, {}}, {}, {}, {});
    plan = builder.finish();
  }
  [[nodiscard]] double gb_per_s(const CalibrationProfile& p, const Beside& beside) const {
    return CostModel(testing::pair_machine(), p, plan).cost(op, beside).cap / 1e9;
  }
  OpId op, product;
  Plan plan;
};

}  // namespace

TEST_CASE("an SM that a product leaves has little in flight, and several CTAs") {
  CopyAndProduct bench;
  CalibrationProfile p = profile_beside();
  p.sms.value = 16;
  p.ctas_per_sm.value = 2;
  p.peak_flops.value = p.flops_efficiency.value = 1;  // 1 ms of FLOPs, 1 us of HBM
  const double spread = 8 * 40;
  CHECK(bench.gb_per_s(p, {}) == doctest::Approx(spread));
  CHECK(bench.gb_per_s(p, {bench.product, true, 0}) == doctest::Approx(spread));  // not known
  // Two CTAs to an SM, and more in flight than they ask for: four SMs of 40 GB/s.
  p.l1_beside.value = 1;
  CHECK(bench.gb_per_s(p, {bench.product, true, 0}) == doctest::Approx(4 * 40));
  // 8 KiB in a round of 0.5 us: 16.384 GB/s an SM.
  p.l1_beside.value = 8192 / static_cast<double>(gib(1).count);
  const double packed = 4 * 16.384;
  CHECK(bench.gb_per_s(p, {bench.product, true, 0}) == doctest::Approx(packed));
  CHECK(bench.gb_per_s(p, {bench.product, false, 0}) == doctest::Approx(spread));
  // A quarter of such kernels finds SMs of its own.
  CHECK(bench.gb_per_s(p, {bench.product, true, 0.25}) ==
        doctest::Approx(1 / (0.75 / packed + 0.25 / spread)));
}

TEST_CASE("the SM clock beside a product slows what SMs copy within the GPU") {
  CopyAndProduct bench;
  CalibrationProfile p = profile_beside();
  p.peak_flops.value = p.flops_efficiency.value = 1;  // 1 ms of FLOPs, 1 us of HBM
  const Beside product{bench.product, false, 0};
  CHECK(bench.gb_per_s(p, product) == doctest::Approx(8 * 40));  // not known
  p.sm_beside.value = 0.8;
  CHECK(bench.gb_per_s(p, {}) == doctest::Approx(8 * 40));
  CHECK(bench.gb_per_s(p, product) == doctest::Approx(8 * 32));
  p.sm_load_rate.value = p.sm_store_rate.value = 1e4;  // far away: rounds decide, 0.625 us each
  const double rounds = 101 * 262.144 / (100 * 0.625 + 262.144 / (8 * 5000 * 0.8));
  CHECK(bench.gb_per_s(p, product) == doctest::Approx(rounds));
  p.peak_flops.value = 1e6;  // 1 ns of FLOPs, 1 us of HBM: its clock stays
  p.sm_load_rate.value = 200;
  p.sm_store_rate.value = 50;
  CHECK(bench.gb_per_s(p, product) == doctest::Approx(8 * 40));
}

TEST_CASE("rounds of loads from HBM are longer beside a product that fills it") {
  CopyAndProduct bench;
  CalibrationProfile p = profile_beside();
  p.sms.value = 16;
  p.ctas_per_sm.value = 2;
  p.l1_beside.value = 8192 / static_cast<double>(gib(1).count);
  p.hbm_wait.value = 0.5;
  p.peak_flops.value = p.flops_efficiency.value = 1;
  CHECK(bench.gb_per_s(p, {bench.product, false, 0}) == doctest::Approx(8 * 40));
  p.peak_flops.value = 1e6;  // 1 ns of FLOPs, 1 us of HBM
  // A round of 1 us in place of 0.5: an SM has as much in flight and moves half of 40 GB/s.
  CHECK(bench.gb_per_s(p, {bench.product, false, 0}) == doctest::Approx(8 * 20));
  CHECK(bench.gb_per_s(p, {bench.product, true, 0}) == doctest::Approx(4 * 20));
  p.sm_load_rate.value = p.sm_store_rate.value = 1e4;  // far away: 100 rounds of 1 us decide
  const double rounds = 101 * 262.144 / (100 + 262.144 / (8 * 2500));
  CHECK(bench.gb_per_s(p, {bench.product, false, 0}) == doctest::Approx(rounds));
  p.sm_load_rate.value = 200;
  p.sm_store_rate.value = 50;
  p.hbm_wait.value = 0;
  CHECK(bench.gb_per_s(p, {bench.product, false, 0}) == doctest::Approx(8 * 40));
}

}  // namespace twinlink::models
