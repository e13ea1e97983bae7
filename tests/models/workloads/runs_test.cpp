#include <doctest/doctest.h>

#include "models/workloads/breakdown.h"
#include "models/workloads/dwdp_roofline.h"
#include "sim/sim_executor.h"
#include "tests/models/workloads/shapes.h"
#include "topology/presets.h"

namespace twinlink::models {
namespace {

// 2.5 PFLOP/s in bf16, 10 in fp4, 8 TB/s; copies at `copy_rate` GB/s.
CalibrationProfile machine_profile(double copy_rate) {
  CalibrationProfile p = ideal_profile();
  p.peak_flops.value = 2500;
  p.peak_fp8_flops.value = 5000;
  p.peak_fp4_flops.value = 10'000;
  p.flops_efficiency.value = 1;
  p.hbm.value = 8000;
  p.copy_rate.value = copy_rate;
  return p;
}

std::vector<RankBreakdown> run(const Plan& plan, double copy_rate = 800) {
  const topology::Topology machine = topology::make_preset("crossbar", plan.ranks());
  const CalibrationProfile profile = machine_profile(copy_rate);
  return break_down(plan, sim::SimExecutor(machine, profile).simulate(plan).timeline);
}

DwdpRequest request(const Batch& batch) {
  return test::dwdp_request(test::deepseek_r1(), 4, batch);
}

}  // namespace

TEST_CASE("more link bandwidth never hurts DWDP") {
  const Plan plan = build_dwdp(request({{4096}}));
  Duration before{std::int64_t{1} << 62};
  for (const double rate : {100.0, 200.0, 400.0, 800.0}) {
    const Duration total = run(plan, rate)[0].total;
    CHECK(total <= before);
    before = total;
  }
}

TEST_CASE("all experts local equals plain data parallelism: no wait, no pull, compute alone") {
  DwdpRequest local = request({{4096}});
  local.placement = {256, 0};
  for (const RankBreakdown& rank : run(build_dwdp(local))) {
    CHECK(rank.waiting.ps == 0);
    CHECK(rank.overlapped.ps == 0);
  }
}

TEST_CASE(
    "what runs beside pulls: none where nothing is pulled, all where pulls outlast the rest") {
  const auto beside = [](const RankBreakdown& rank) {
    double sum = 0, all = 0;
    for (const auto& [name, time] : rank.categories) {
      all += static_cast<double>(time.ps);
      if (rank.beside.contains(name)) sum += static_cast<double>(rank.beside.at(name).ps);
    }
    return sum / all;
  };
  DwdpRequest local = request({{4096}});
  local.placement = {256, 0};
  CHECK(beside(run(build_dwdp(local))[0]) == 0);
  // At 800 GB/s a pull takes 6 ms and a layer of 32768 tokens more than that; at 8 GB/s layers wait
  // for pulls, and only the experts of the last of 58 run without one under way.
  const Plan plan = build_dwdp(request({{32'768}}));
  const RankBreakdown some = run(plan)[0];
  CHECK(beside(some) > 0);
  CHECK(beside(some) < 1);
  for (const auto& [name, time] : some.beside) CHECK(time <= some.categories.at(name));
  CHECK(beside(run(build_dwdp(request({{1024}})), 8)[0]) > 0.9);
}

TEST_CASE("work that is said to be slower is slower by that, and nothing else") {
  DwdpRequest slow = request({{4096}});
  slow.placement = {256, 0};
  const RankBreakdown before = run(build_dwdp(slow))[0];
  slow.slower[static_cast<std::size_t>(WorkKind::attention)] = 0.25;
  const RankBreakdown after = run(build_dwdp(slow))[0];
  CHECK(static_cast<double>(after.of(kAttention).ps) ==
        doctest::Approx(1.25 * static_cast<double>(before.of(kAttention).ps)));
  for (const char* other : {kGroupedGemm, kDenseGemm, kOthers})
    CHECK(after.of(other) == before.of(other));
}

TEST_CASE("perfect balance removes the waiting of expert parallelism, imbalance brings it") {
  DepRequest balanced = test::dep_request(test::deepseek_r1(), 4, {{4096}});
  // Meetings are free on this machine; rounding of transfers leaves nothing, all ranks being alike.
  for (const RankBreakdown& rank : run(build_dep(balanced))) CHECK(rank.waiting.ps == 0);
  balanced.forwards[0][3].lengths = {8192};
  CHECK(run(build_dep(balanced))[0].waiting.ps > 0);
}

TEST_CASE("the published roofline ratios of a group of four, within 5 %") {
  struct Row {
    std::int64_t isl;
    double compute_over_prefetch, dep_over_dwdp;
  };
  // arXiv 2604.01621, figure 3; peaks of GB200 as in its data sheet.
  for (const Row& row : {Row{1024, 0.19, 0.10}, Row{8192, 0.62, 0.73}, Row{16384, 1.52, 1.27},
                         Row{32768, 4.77, 1.17}}) {
    const DwdpRoofline r = dwdp_roofline(request({{row.isl}}), {2.5e15, 5e15, 1e16, 8e12, 900e9});
    CHECK(r.compute_over_prefetch() == doctest::Approx(row.compute_over_prefetch).epsilon(0.05));
    CHECK(r.dep_over_dwdp() == doctest::Approx(row.dep_over_dwdp).epsilon(0.05));
    CHECK(r.prefetch_s == doctest::Approx(5.285e-3).epsilon(1e-3));  // 4,756,340,736 / 900e9
  }
}

}  // namespace twinlink::models
