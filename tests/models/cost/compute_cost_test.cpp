// Compute ops: what they need, of which constants, and which resources they use.
#include "models/cost/compute_cost.h"

#include <doctest/doctest.h>

#include "models/cost/cost_model.h"
#include "models/plan/plan_builder.h"
#include "topology/error.h"
#include "topology/presets.h"

namespace twinlink::models {
namespace {

// 100 TFLOP/s in bf16, 25, 200 and 400 in fp32, fp8 and fp4; 1000 GB/s.
CalibrationProfile compute_profile() {
  CalibrationProfile p = ideal_profile();
  p.name = "test";
  p.peak_flops.value = 100;
  p.peak_fp32_flops.value = 25;
  p.peak_fp8_flops.value = 200;
  p.peak_fp4_flops.value = 400;
  p.flops_efficiency.value = 0.5;
  p.hbm.value = 1000;
  return p;
}

Compute work(double flops, std::int64_t bytes, WorkKind kind = WorkKind::plain,
             Precision precision = Precision::bf16) {
  return {"gemm", flops, Bytes{bytes}, kind, precision, {}};
}

TEST_CASE("FLOPs take their time at the peak of their precision") {
  // 2 GFLOP at half of 100 TFLOP/s: 40 us; fp32 four times as long, fp8 half, fp4 a quarter.
  const CalibrationProfile p = compute_profile();
  const auto us_in = [&p](Precision precision) {
    return compute_need(p, work(2e9, 0, WorkKind::plain, precision)).seconds() * 1e6;
  };
  CHECK(us_in(Precision::bf16) == doctest::Approx(40));
  CHECK(us_in(Precision::fp32) == doctest::Approx(160));
  CHECK(us_in(Precision::fp8) == doctest::Approx(20));
  CHECK(us_in(Precision::fp4) == doctest::Approx(10));
}

TEST_CASE("each kind of work has its efficiency, and flops_efficiency where none is given") {
  CalibrationProfile p = compute_profile();
  p.attention_efficiency.value = 0.25;
  p.grouped_gemm_efficiency.value = 1;
  const auto us_of = [&p](WorkKind kind) {
    return compute_need(p, work(2e9, 0, kind)).seconds() * 1e6;
  };
  CHECK(us_of(WorkKind::attention) == doctest::Approx(80));     // 2 GFLOP at 25 TFLOP/s
  CHECK(us_of(WorkKind::grouped_gemm) == doctest::Approx(20));  // at 100
  CHECK(us_of(WorkKind::dense_gemm) == doctest::Approx(40));    // at 50, as plain
  CHECK(us_of(WorkKind::plain) == doctest::Approx(40));
}

TEST_CASE("HBM bytes take their time at memory_efficiency; the longer of both counts") {
  // 20 MB at 80 % of 1000 GB/s: 25 us; beside 1 GFLOP (20 us) that is the longer, beside 2 GFLOP
  // (40 us) the shorter.
  CalibrationProfile p = compute_profile();
  p.memory_efficiency.value = 0.8;
  CHECK(compute_need(p, work(1e9, 20'000'000)).hbm_seconds * 1e6 == doctest::Approx(25));
  CHECK(compute_need(p, work(1e9, 20'000'000)).seconds() * 1e6 == doctest::Approx(25));
  CHECK(compute_need(p, work(2e9, 20'000'000)).seconds() * 1e6 == doctest::Approx(40));
}

TEST_CASE("dense products take longer over their HBM bytes, and keep all of it") {
  // 20 MB at 1000 GB/s, of which a dense product gets half: 40 us in place of 20.
  CalibrationProfile p = compute_profile();
  Compute dense = work(0, 20'000'000);
  dense.work = WorkKind::dense_gemm;
  CHECK(compute_need(p, dense).hbm_seconds * 1e6 == doctest::Approx(20));
  p.dense_gemm_memory.value = 0.5;
  CHECK(compute_need(p, dense).hbm_seconds * 1e6 == doctest::Approx(40));
  CHECK(compute_need(p, work(0, 20'000'000)).hbm_seconds * 1e6 == doctest::Approx(20));
}

TEST_CASE("what memory reaches is its rate times memory_efficiency; 0 is all of it") {
  CalibrationProfile p = compute_profile();
  p.memory_efficiency.value = 0.8;
  CHECK(reached_hbm(p) == doctest::Approx(800e9));
  p.memory_efficiency.value = 0;
  CHECK(reached_hbm(p) == doctest::Approx(1000e9));
}

// Two ranks; one compute op on rank 1.
struct OneCompute {
  explicit OneCompute(Compute work) : builder("one", 2) {
    const KernelId kernel = builder.add_kernel({Rank{1}, LaunchMode::graph, "k"});
    op = builder.compute(builder.add_sm_lane(kernel, {.ctas = 1}), std::move(work), {}, {}, {});
    plan = builder.finish();
  }
  PlanBuilder builder;
  OpId op;
  Plan plan;
};

TEST_CASE(
    "a compute op progresses a picosecond per picosecond, and uses its share of what it needs") {
  // 1 GFLOP: 20 us; 5 MB: 5 us of HBM, so a quarter of it: 250 GB/s, 0.25 bytes a picosecond.
  const topology::Topology machine = topology::make_preset("crossbar", 2);
  const CalibrationProfile p = compute_profile();
  const OneCompute one(work(1e9, 5'000'000));
  CostModel model(machine, p, one.plan);
  const OpCost cost = model.cost(one.op);
  CHECK(cost.payload == doctest::Approx(20e6));
  CHECK(cost.weight == 1e12);
  const auto uses = model.pattern(cost.pattern);
  REQUIRE(uses.size() == 2);
  CHECK(model.name_of(uses[0].resource) == "hbm of gpu1");
  CHECK(uses[0].per_byte == doctest::Approx(0.25));
  CHECK(model.name_of(uses[1].resource) == "SMs of gpu1");
  CHECK(uses[1].per_byte == 1);
  CHECK(static_cast<std::size_t>(uses[1].resource) == model.first_sms() + 1);
}

TEST_CASE("what held CTAs leave of the SMs: places side by side, whole SMs, whole waves") {
  CalibrationProfile p = compute_profile();
  CHECK(free_sms(p, nullptr, 8) == 1);  // nobody knows how many SMs there are
  p.sms.value = 132;
  p.ctas_per_sm.value = 2;
  CHECK(free_sms(p, nullptr, 8) == doctest::Approx(256.0 / 264));
  p.blocks_fill_sms.value = 1;
  CHECK(free_sms(p, nullptr, 8) == doctest::Approx(124.0 / 132));
  CHECK(free_sms(p, nullptr, 100) == doctest::Approx(66.0 / 132));  // 50 SMs would do, spread on 66
  CHECK(free_sms(p, nullptr, 200) == doctest::Approx(32.0 / 132));
  CHECK(free_sms(p, nullptr, 264) == doctest::Approx(1.0 / 132));  // never 0
  // 2048 x 4096: 256 blocks of 128 x 256, two waves of 132 SMs. On 128 four blocks find
  // no SM at first: 252 take two waves, the four a third. On 124 it is 248 and eight.
  Compute product = work(2.0 * 8 * 2048 * 512 * 4096, 0);
  product.products = {{2048, 4096, 4096, 1}};
  CHECK(free_sms(p, &product, 8) == doctest::Approx(124.0 / 132));  // its blocks are not known
  p.gemm_tile.value = 128 * 256;
  CHECK(free_sms(p, &product, 0) == 1);
  CHECK(free_sms(p, &product, 4) == doctest::Approx(2.0 / 3));
  CHECK(free_sms(p, &product, 8) == doctest::Approx(2.0 / 3));
  // On 66 it is 190 in three waves and 66 in one more.
  CHECK(free_sms(p, &product, 66) == doctest::Approx(2.0 / 4));
  // As a batch each of the first 124 has two tiles, the last eight one: if the last four are late,
  // there are two waves and one more; of eight, the first comes as the 125th and has two.
  Compute batch = product;
  batch.products = {{2048, 512, 4096, 8}};
  CHECK(free_sms(p, &batch, 0) == 1);
  CHECK(free_sms(p, &batch, 4) == doctest::Approx(2.0 / 3));
  CHECK(free_sms(p, &batch, 8) == doctest::Approx(2.0 / 4));
  // Bound by HBM: its waves do not count.
  product.hbm_bytes = gib(10);
  CHECK(free_sms(p, &product, 8) == doctest::Approx(124.0 / 132));
}

TEST_CASE("blocks of a product bound by HBM that come late load as fast as an SM can") {
  // 1.32 GB at 1000 GB/s: 1320 us; 33 GFLOP at 50 TFLOP/s: 660 us, half of the SMs' time. A block's
  // 10 MB at 100 GB/s of one SM: 100 us more, so 1320 / 1420 of its rate.
  CalibrationProfile p = compute_profile();
  p.sms.value = 132;
  p.ctas_per_sm.value = 2;
  p.blocks_fill_sms.value = 1;
  p.gemm_tile.value = 128 * 256;
  Compute product = work(3.3e10, 1'320'000'000);
  product.products = {{8192, 64, 8192, 1}};
  CHECK(free_sms(p, &product, 8) == doctest::Approx(124.0 / 132));  // nobody knows an SM's rate
  p.sm_load_rate.value = 100;
  CHECK(free_sms(p, &product, 8) == doctest::Approx(0.5 * 1320 / 1420));
  CHECK(free_sms(p, &product, 0) == 1);
  CHECK(last_wave(p, product, 8) == 0);  // without l1_beside
  p.l1_beside.value = 1e-5;
  CHECK(last_wave(p, product, 8) == doctest::Approx(100.0 / 1420));
  CHECK(last_wave(p, product, 0) == 0);
}

TEST_CASE("the last wave of a product leaves SMs, unless it takes them all") {
  CalibrationProfile p = compute_profile();
  p.sms.value = 132;
  p.ctas_per_sm.value = 2;
  p.blocks_fill_sms.value = 1;
  p.gemm_tile.value = 128 * 256;
  Compute product = work(2.0 * 8 * 2048 * 512 * 4096, 0);
  product.products = {{2048, 4096, 4096, 1}};  // 256 blocks
  CHECK(last_wave(p, product, 0) == 0);        // without l1_beside nobody comes in early
  p.l1_beside.value = 1e-5;
  CHECK(last_wave(p, product, 0) == doctest::Approx(1.0 / 2));  // 132, 124
  CHECK(last_wave(p, product, 8) == doctest::Approx(1.0 / 3));  // 124, 124, 8 late ones
  product.products = {{132 * 256, 256, 4096, 1}};               // 264 blocks: 132, 132
  CHECK(last_wave(p, product, 0) == 0);
  p.gemm_tile.value = 0;
  CHECK(last_wave(p, product, 0) == 0);
}

TEST_CASE("a plan whose compute needs no SMs has no such resource") {
  const topology::Topology machine = topology::make_preset("crossbar", 2);
  const CalibrationProfile p = compute_profile();
  const OneCompute one(work(0, 5'000'000));
  const CostModel model(machine, p, one.plan);
  CHECK(model.first_sms() == model.resources().size());
}

TEST_CASE("a precision that the GPU lacks is refused with the constant's name") {
  const topology::Topology machine = topology::make_preset("crossbar", 2);
  CalibrationProfile p = compute_profile();
  p.peak_fp4_flops.value = 0;
  const OneCompute fp4(work(1e9, 0, WorkKind::grouped_gemm, Precision::fp4));
  CHECK_THROWS_WITH_AS(CostModel(machine, p, fp4.plan),
                       "compute \"gemm\" works in fp4, but profile \"test\" has no peak for it: "
                       "constant peak_fp4_flops is 0",
                       UnsupportedError);
  const OneCompute fp8(work(1e9, 0, WorkKind::grouped_gemm, Precision::fp8));
  CHECK_NOTHROW(CostModel(machine, p, fp8.plan));
  const CalibrationProfile ideal = ideal_profile();  // no limit in any precision
  CHECK_NOTHROW(CostModel(machine, ideal, fp4.plan));
}

TEST_CASE("provenance is that of the constants of the op's kind") {
  const topology::Topology machine = topology::make_preset("crossbar", 2);
  CalibrationProfile p = compute_profile();
  for (const ConstantTraits& traits : constant_table())
    (p.*traits.field).provenance = Provenance::measured;
  const Provenance wiring = machine.provenance();
  p.attention_efficiency = {0.5, 0, Provenance::assumed, "test"};
  const OneCompute dense(work(1e9, 0, WorkKind::dense_gemm));
  const OneCompute attention(work(1e9, 0, WorkKind::attention));
  CHECK(CostModel(machine, p, dense.plan).provenance() == worse(wiring, Provenance::measured));
  CHECK(CostModel(machine, p, attention.plan).provenance() == Provenance::assumed);
}

}  // namespace
}  // namespace twinlink::models
