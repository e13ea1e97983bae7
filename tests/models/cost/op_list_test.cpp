// What walking an op list costs: steps, fences, launches that wait for each other, the first round.
#include <doctest/doctest.h>

#include "models/cost/cost_model.h"
#include "models/cost/kept_list.h"
#include "models/cost/launch_order.h"
#include "tests/models/cost/lane_pair.h"

namespace twinlink::models {
namespace {

struct Pair : testing::LanePair {
  explicit Pair(LaneShape shape = {8, 512, 16, 4}) : LanePair(mib(1), shape) {}
  [[nodiscard]] Slice all(int r, Bytes offset = {}) const {
    return {buffer[r], 0, offset, kib(256)};
  }
  OpId pull(int r, std::span<const Dep> deps = {}) {
    return builder.copy(lane[r], all(1 - r), all(r, kib(512)), deps);
  }
  OpId push(int r, std::span<const Dep> deps = {}) {
    return builder.copy(lane[r], all(r), all(1 - r, kib(512)), deps);
  }
  void meet(Edge edge) {
    const std::uint32_t id = builder.add_rendezvous({builder.add_group({Rank{0}, Rank{1}}), edge});
    for (const LaneId l : lane) builder.barrier(l, id, {});
  }
};

// Everything that an op list costs, in us.
CalibrationProfile fused() {
  CalibrationProfile p = ideal_profile();
  p.graph_gap.value = 0.5;
  p.flag.value = 0.7;
  p.remote_round.value = 1;
  p.local_round.value = 0.25;
  p.push_round.value = 0.5;
  p.fence.value = 0.8;
  p.fence_step.value = 0.1;
  p.launch_order.value = 2;
  p.launch_ramp.value = 0.01;
  p.op_issue.value = 0.6;
  p.op_step.value = 0.4;
  p.sm_load_rate.value = 200;
  p.sm_store_rate.value = 50;
  return p;
}

}  // namespace

TEST_CASE("an op of a list: step, issue, first round; the other rounds are transfer") {
  Pair pair;
  const OpId pull = pair.pull(0), push = pair.push(0);
  const Plan plan = pair.builder.finish();
  const CalibrationProfile p = fused();
  CostModel model(testing::pair_machine(), p, plan);
  CHECK(model.cost(pull).latency == testing::kPairRoute + ns(400 + 600 + 1000));
  CHECK(model.cost(push).latency ==
        testing::kPairRoute + ns(400 + 600 + 250));  // it loads its own memory first
  // 256 KiB / 8 CTAs = 32 KiB a block = one trip of 512 x 16 x 4: no further round; the SMs limit:
  // 1 / (1 / 200 + 1 / 50) = 40 GB/s each.
  CHECK(model.cost(pull).cap == doctest::Approx(8 * 40e9));
  CHECK(model.cost(pull).soft);
  CHECK_FALSE(model.cost(push).soft);  // posted
}

TEST_CASE("small blocks of plans with inline data keep their list: another step") {
  struct Case {
    LaneShape shape;
    Edge edge;
    bool kept;
  };
  for (const auto& [shape, edge, kept] : {Case{{8, 256, 16, 4}, Edge::inline_ll, true},
                                          Case{{8, 64, 16, 4}, Edge::inline_ll128, true},
                                          Case{{8, 288, 16, 4}, Edge::inline_ll, false},
                                          Case{{8, 256, 16, 4}, Edge::flag_fenced, false}}) {
    Pair pair(shape);
    const OpId sent = pair.push(0);
    const Dep arrives[] = {dep(sent, edge)};
    pair.builder.copy(pair.lane[1], pair.all(1, kib(512)), pair.all(1), arrives);
    const Plan plan = pair.builder.finish();
    CHECK((!kept_lists(plan).empty() && kept_lists(plan)[0]) == kept);
    CalibrationProfile p = fused();
    p.op_step_kept.value = 0.1;
    CostModel model(testing::pair_machine(), p, plan);
    CHECK(model.cost(sent).latency == testing::kPairRoute + ns((kept ? 100 : 400) + 600 + 250));
    p.op_step_kept.value = 0;  // not known
    CostModel unknown(testing::pair_machine(), p, plan);
    CHECK(unknown.cost(sent).latency == testing::kPairRoute + ns(400 + 600 + 250));
  }
}

TEST_CASE("ops that store nothing read ahead, whatever their list asks for") {
  const auto cost_of = [](std::int16_t loads, bool stores) {
    Pair pair({8, 512, 16, loads});
    const std::vector<Slice> from{pair.all(0)}, to{pair.all(0, kib(512))};
    const OpId op = pair.builder.reduce(pair.lane[0], Operator::sum, from,
                                        stores ? to : std::vector<Slice>{}, {});
    const Plan plan = pair.builder.finish();
    CalibrationProfile p = fused();
    p.sm_load_rate.value = p.sm_store_rate.value = 1e6;
    return CostModel(testing::pair_machine(), p, plan).cost(op);
  };
  // 32 KiB a block: 4 trips of 8 KiB with one load, one with four; 0.25 us each.
  const double at_once = 256 * 1024 / 0.25e-6;
  CHECK(cost_of(1, true).weight == doctest::Approx(at_once / 4));
  CHECK(cost_of(4, true).weight == doctest::Approx(at_once));
  CHECK(cost_of(1, false).weight == doctest::Approx(at_once));
  CHECK(cost_of(4, false).weight == doctest::Approx(at_once));
}

TEST_CASE("a fenced wait pays the fence, and more with more blocks; a relaxed one does not") {
  Pair pair;
  const OpId first = pair.pull(1);
  const Dep fenced[] = {dep(first, Edge::flag_fenced)},
            relaxed[] = {dep(first, Edge::flag_relaxed)};
  const OpId after_fence = pair.pull(0, fenced), after_flag = pair.pull(0, relaxed);
  const Plan plan = pair.builder.finish();
  const CalibrationProfile p = fused();
  CostModel model(testing::pair_machine(), p, plan);
  // 8 CTAs are 3 doublings of 0.1 us.
  CHECK(model.cost(after_fence).latency - model.cost(after_flag).latency == ns(800 + 300));
  CHECK(model.cost(after_flag).latency == model.cost(first).latency);
}

TEST_CASE("a lane waits for the fence of what it published, once") {
  for (const bool fenced : {true, false}) {
    Pair pair;
    const OpId first = pair.pull(1);
    const Dep tells[] = {dep(first, fenced ? Edge::flag_fenced : Edge::flag_relaxed)};
    const OpId waits = pair.pull(0, tells);  // rank 0 waits for rank 1's flag
    const OpId next = pair.pull(1), later = pair.pull(1);
    const Plan plan = pair.builder.finish();
    CHECK(behind_own_fence(plan) == std::vector<bool>{false, false, fenced, false});
    const CalibrationProfile p = fused();
    CostModel model(testing::pair_machine(), p, plan);
    const Duration fence = fenced ? ns(800 + 300) : ns(0);
    CHECK(model.cost(next).latency - model.cost(later).latency == fence);
    CHECK(model.cost(waits).latency - model.cost(first).latency == fence);
  }
  // Both publish, then wait for each other: own fence and the other's pass at the same time.
  Pair pair;
  const OpId mine = pair.push(0), theirs = pair.push(1);
  const Dep from_them[] = {dep(theirs, Edge::flag_fenced)},
            from_me[] = {dep(mine, Edge::flag_fenced)};
  pair.pull(0, from_them), pair.pull(1, from_me);
  CHECK(behind_own_fence(pair.builder.finish()) == std::vector<bool>(4));
}

TEST_CASE("a barrier is no step; a fenced one grows with blocks") {
  for (const auto& [edge, latency] :
       {std::pair{Edge::flag_relaxed, ns(0)}, std::pair{Edge::flag_fenced, ns(300)}}) {
    Pair pair;
    pair.meet(edge);
    const Plan plan = pair.builder.finish();
    const CalibrationProfile p = fused();
    CostModel model(testing::pair_machine(), p, plan);
    CHECK(model.cost(OpId{0}).latency == latency);
  }
}

TEST_CASE("launches wait for each other where GPUs share written data that nothing else orders") {
  Pair pulls, pushes, meets, reads;
  pulls.pull(0), pulls.push(1);  // rank 1 writes what rank 0 reads? no: into rank 0's buffer
  pushes.push(0);
  pushes.pull(0);
  meets.meet(Edge::flag_relaxed);
  meets.push(0);
  meets.push(1);
  reads.builder.copy(reads.lane[0], reads.all(1), Slice{reads.buffer[0], 0, {}, {}}, {});
  CHECK(launch_order(pulls.builder.finish()) == LaunchOrder::fenced);
  CHECK(launch_order(pushes.builder.finish()) == LaunchOrder::none);  // one GPU touches all
  CHECK(launch_order(meets.builder.finish()) == LaunchOrder::none);
  CHECK(launch_order(reads.builder.finish()) == LaunchOrder::none);

  // Each pulls what the other wrote: a wait, but nothing was stored elsewhere.
  Pair both;
  for (const int r : {0, 1})
    both.builder.copy(both.lane[r], both.all(r), both.all(r, kib(512)), {});
  for (const int r : {0, 1})
    both.builder.copy(both.lane[r], both.all(1 - r, kib(512)), both.all(r, kib(256)), {});
  CHECK(launch_order(both.builder.finish()) == LaunchOrder::relaxed);

  // Data that carry their own order.
  Pair inline_data;
  const OpId sent = inline_data.push(0);
  const Dep arrives[] = {dep(sent, Edge::inline_ll)};
  inline_data.builder.copy(inline_data.lane[1], inline_data.all(1, kib(512)), inline_data.all(1),
                           arrives);
  const Plan plan = inline_data.builder.finish();
  CHECK(launch_order(plan) == LaunchOrder::none);
  CHECK(inline_ops(plan) == std::vector<bool>{true, true});
}

TEST_CASE("a launch: gap, ramp of its threads, and the wait for the launch before") {
  Pair pair;
  const OpId first = pair.push(0);
  pair.push(1);
  const Plan plan = pair.builder.finish();
  const CalibrationProfile p = fused();
  const CostModel model(testing::pair_machine(), p, plan);
  // 8 x 512 threads are 4 x 0.01 us; both ranks write both buffers: 2 + 0.8 (fence) us.
  CHECK(model.launch_gap(first) == ns(500 + 40 + 2000 + 800));
}

TEST_CASE("where none of it is known nothing changes") {
  Pair pair;
  const OpId first = pair.pull(1);
  const Dep fenced[] = {dep(first, Edge::flag_fenced)};
  const OpId last = pair.pull(0, fenced);
  const Plan plan = pair.builder.finish();
  CalibrationProfile p = fused();
  for (const ConstantTraits& traits : constant_table())
    if (traits.optional) (p.*traits.field).value = 0;
  CostModel model(testing::pair_machine(), p, plan);
  CHECK(model.cost(last).latency == testing::kPairRoute);
  CHECK(model.launch_gap(first) == ns(500));
  // One trip of one round of 1 us and the route there and back.
  CHECK(model.cost(last).cap == doctest::Approx(262144 / 5e-6));
}

}  // namespace twinlink::models
