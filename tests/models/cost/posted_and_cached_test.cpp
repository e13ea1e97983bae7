// What ops do not wait for (drains of pushes), and what memory near the SMs already has.
#include <doctest/doctest.h>

#include <cmath>

#include "models/cost/cost_model.h"
#include "models/cost/push_drain.h"
#include "models/cost/read_again.h"
#include "models/cost/residence.h"
#include "models/cost/sm_rate.h"
#include "tests/models/cost/lane_pair.h"

namespace twinlink::models {
namespace {

constexpr double kGib = 1 << 30;
constexpr double kMib = 1 << 20;

struct Two : testing::LanePair {
  explicit Two(LaneShape shape = {8, 512, 16, 4}) : LanePair(mib(8), shape) {}
  [[nodiscard]] Slice at(int r, Bytes offset, Bytes size) const {
    return {buffer[r], 0, offset, size};
  }
  OpId copy(int lane_of, const Slice& from, const Slice& to, std::span<const Dep> deps = {}) {
    return builder.copy(lane[lane_of], from, to, deps);
  }
};

CalibrationProfile profile() {
  CalibrationProfile p = ideal_profile();
  p.remote_round.value = 1;
  p.local_round.value = 0.5;
  p.op_issue.value = 0.6;
  p.sm_load_rate.value = 200;
  p.sm_store_rate.value = 50;
  p.hbm.value = 4000;
  return p;
}

}  // namespace

TEST_CASE("L2 has what a plan touches if all of it fits: a shorter round, less of the memory") {
  Two two;
  const OpId op = two.copy(0, two.at(0, {}, mib(1)), two.at(0, mib(1), mib(1)));
  const Plan plan = two.builder.finish();
  CalibrationProfile p = profile();
  p.l2.value = 2 * kMib / kGib;  // exactly the 2 MiB touched
  p.l2_round.value = 0.2;
  p.l2_rate.value = 8000;
  CHECK(resident_gpus(p, plan) == std::vector<bool>{true, true});  // nothing is touched on GPU 1
  CostModel model(testing::pair_machine(), p, plan);
  const OpCost cost = model.cost(op);
  CHECK(cost.latency == ns(600 + 200));
  // A byte read and one written, each half of what HBM takes: 4000 / 8000.
  REQUIRE(model.pattern(cost.pattern).size() == 1);
  CHECK(model.pattern(cost.pattern)[0].per_byte == doctest::Approx(2 * 0.5));
  CHECK(cost.soft);

  p.l2.value = (2 * kMib - 1) / kGib;  // one byte too little
  CHECK_FALSE(resident_gpus(p, plan)[0]);
  CostModel from_hbm(testing::pair_machine(), p, plan);
  CHECK(from_hbm.cost(op).latency == ns(600 + 500));
  CHECK(from_hbm.pattern(from_hbm.cost(op).pattern)[0].per_byte == doctest::Approx(2));
}

TEST_CASE("L2 takes stores at a rate of its own; a local engine copy is as much faster in it") {
  Two two;
  const OpId write = two.builder.reduce(two.lane[0], Operator::sum, {},
                                        std::vector<Slice>{two.at(0, {}, mib(1))}, {});
  const OpId push = two.copy(0, two.at(0, {}, mib(1)), two.at(1, mib(1), mib(1)));
  const LaneId queue = two.builder.add_copy_lane(Rank{0}, 0, LaunchMode::graph);
  const OpId engine = two.builder.copy(queue, two.at(0, {}, mib(1)), two.at(0, mib(1), mib(1)), {});
  const Plan plan = two.builder.finish();
  CalibrationProfile p = profile();
  p.l2.value = 4 * kMib / kGib;
  p.l2_rate.value = 8000;
  p.l2_store_rate.value = 300;
  p.copy_local_rate.value = 1500;
  CostModel model(testing::pair_machine(), p, plan);
  // The SMs would store 8 x 50 GB/s; what is pushed is no store of this L2.
  CHECK(model.cost(write).cap == doctest::Approx(300e9));
  CHECK(model.cost(push).cap == doctest::Approx(320e9));
  CHECK(model.cost(engine).cap == doctest::Approx(1500e9 * 8000 / 4000));
  p.l2.value = 1 * kMib / kGib;  // too small
  CostModel from_hbm(testing::pair_machine(), p, plan);
  CHECK(from_hbm.cost(write).cap == doctest::Approx(400e9));
  CHECK(from_hbm.cost(engine).cap == doctest::Approx(1500e9));
}

TEST_CASE("HBM answers later before it is full: once, by the op's own rate") {
  // 8 CTAs: 128 KiB a block, 4 trips of 32 KiB, the first is latency: 1 MiB / (3 x 0.5 us) = 699
  // GB/s, but the SMs make 8 / (1 / 200 + 1 / 50) = 320. HBM would give 4000 / 2 = 2000:
  // 320 / sqrt(1 + 0.16^2) = 315.98.
  Two two;
  const OpId op = two.copy(0, two.at(0, {}, mib(1)), two.at(0, mib(1), mib(1)));
  const Plan plan = two.builder.finish();
  CalibrationProfile p = profile();
  p.l2.value = 1 * kMib / kGib;
  CostModel model(testing::pair_machine(), p, plan);
  CHECK(model.cost(op).cap == doctest::Approx(320e9 / std::sqrt(1 + 0.16 * 0.16)));
  CHECK_FALSE(model.cost(op).soft);  // not softened again where it is shared
  p.l2.value = 0;
  CostModel hard(testing::pair_machine(), p, plan);
  CHECK(hard.cost(op).cap == doctest::Approx(320e9));
  CHECK(hard.cost(op).soft);
}

TEST_CASE(
    "a round to a peer is shorter by what L2 shortens an own one, where the peer's L2 has it") {
  Two two;
  const OpId pull = two.copy(0, two.at(1, {}, mib(1)), two.at(0, {}, mib(1)));
  const std::vector<Slice> from{two.at(0, {}, mib(1)), two.at(1, {}, mib(1))},
      to{two.at(0, mib(1), mib(1))};
  const OpId sum = two.builder.reduce(two.lane[0], Operator::sum, from, to, {});
  two.copy(1, two.at(1, mib(1), mib(1)), two.at(1, mib(3), mib(1)));
  const Plan plan = two.builder.finish();  // 2 MiB of GPU 0 are touched, 4 of GPU 1
  CalibrationProfile p = profile();
  p.l2_round.value = 0.2;
  const auto latency = [&](double mebibytes, OpId op) {
    p.l2.value = mebibytes * kMib / kGib;
    return CostModel(testing::pair_machine(), p, plan).cost(op).latency - testing::kPairRoute;
  };
  // 1 - (0.5 - 0.2) us. GPU 0's own L2 has its bytes in both.
  CHECK(latency(4, pull) == ns(600 + 700));
  CHECK(latency(3, pull) == ns(600 + 1000));
  CHECK(latency(4, sum) == ns(600 + 700));
  p.l2_round.value = 0;  // not known
  CHECK(latency(4, pull) == ns(600 + 1000));
}

TEST_CASE("HBM turns round between reads and writes of an op: more of its time, not from L2") {
  Two two;
  const std::vector<Slice> one{two.at(0, {}, mib(1))}, both{one[0], two.at(0, mib(1), mib(1))},
      to{two.at(0, mib(2), mib(1))};
  const OpId copy = two.copy(0, one[0], to[0]);
  const OpId sum = two.builder.reduce(two.lane[0], Operator::sum, both, to, {});
  const OpId read = two.builder.reduce(two.lane[0], Operator::sum, one, {}, {});
  const OpId pull = two.copy(0, two.at(1, {}, mib(1)), to[0]);
  const Plan plan = two.builder.finish();
  CalibrationProfile p = profile();
  p.hbm_turn.value = 0.1;
  CostModel model(testing::pair_machine(), p, plan);
  const auto of_hbm = [&](OpId op) {
    double bytes = 0;
    for (const Use& use : model.pattern(model.cost(op).pattern))
      if (model.name_of(use.resource) == "hbm of gpu0") bytes = use.per_byte;
    return bytes;
  };
  CHECK(of_hbm(copy) == doctest::Approx(2 + 0.1 * 4 * 1 * 1 / 2));
  CHECK(of_hbm(sum) == doctest::Approx(3 + 0.1 * 4 * 2 * 1 / 3));
  CHECK(of_hbm(read) == doctest::Approx(1));
  CHECK(of_hbm(pull) == doctest::Approx(1));  // what it reads is another GPU's
  p.l2.value = 8 * kMib / kGib;
  CostModel cached(testing::pair_machine(), p, plan);
  CHECK(cached.pattern(cached.cost(copy).pattern)[0].per_byte == doctest::Approx(2));
}

TEST_CASE("a serial copy's sources come one after the other") {
  Two two;
  const std::vector<Slice> from{two.at(0, {}, mib(1)), two.at(1, mib(1), mib(1))},
      to{two.at(0, mib(2), mib(1)), two.at(0, mib(3), mib(1))};
  const OpId serial = two.builder.copy(two.lane[0], from, to, {}, LoadOrder::serial);
  const OpId together = two.builder.copy(two.lane[0], from, to, {}, LoadOrder::parallel);
  const Plan plan = two.builder.finish();
  CalibrationProfile p = profile();
  p.loads_together.value = 2;
  CostModel model(testing::pair_machine(), p, plan);
  CHECK(model.cost(serial).latency == testing::kPairRoute + ns(600 + 1000 + 500));
  CHECK(model.cost(together).latency == testing::kPairRoute + ns(600 + 1000));
}

TEST_CASE("what a push's lane does not wait for") {
  CalibrationProfile p = profile();
  p.push_overlap.value = 0.4;
  p.push_ahead.value = 1;
  // Issued twice as fast as the link takes it: half of both. 0.4 us of 100 GB/s are 40 kB.
  const PushDrain large = push_drain(p, {1e6, 200e9, 100e9});
  CHECK(large.overlap == ns(200));
  CHECK(large.ahead == doctest::Approx(0.5 * 1e-6 * 100e9));
  const PushDrain small = push_drain(p, {20e3, 200e9, 100e9});  // 0.2 us on the link
  CHECK(small.overlap == ns(100));
  CHECK(small.ahead == doctest::Approx(0.5 * 20e3));
  CHECK(push_drain(p, {1e6, 90e9, 100e9}).ahead == 0);  // nothing queues
  CHECK(push_drain(p, {1e6, 200e9, kUnlimited}).ahead == 0);
}

TEST_CASE("a lane waits for its push where others wait for the push's fence") {
  for (const auto& [edge, waits] :
       {std::pair{Edge::flag_relaxed, false}, std::pair{Edge::flag_fenced, true}}) {
    Two two;
    const OpId push = two.copy(0, two.at(0, {}, mib(1)), two.at(1, mib(1), mib(1)));
    const Dep deps[] = {dep(push, edge)};
    two.copy(1, two.at(1, mib(1), mib(1)), two.at(1, mib(2), mib(1)), deps);
    CHECK(unfenced_ops(two.builder.finish())[push.index()] == !waits);
  }
  Two meets;
  const OpId push = meets.copy(0, meets.at(0, {}, mib(1)), meets.at(1, mib(1), mib(1)));
  const GroupId group = meets.builder.add_group({Rank{0}, Rank{1}});
  const std::uint32_t id = meets.builder.add_rendezvous({group, Edge::flag_fenced});
  for (const LaneId lane : meets.lane) meets.builder.barrier(lane, id, {});
  CHECK_FALSE(unfenced_ops(meets.builder.finish())[push.index()]);
}

TEST_CASE(
    "peers' bytes read again by a lane cross no link, while they fit and nothing is awaited") {
  CalibrationProfile p = profile();
  // 8 CTAs load 1 MiB a copy: 128 KiB each; from the first read to the end of the second, 256.
  p.l1.value = 256 * 1024 / kGib;
  const auto again = [&p](bool waits, Bytes second) {
    Two two;
    const OpId other = two.copy(1, two.at(1, mib(4), mib(1)), two.at(1, mib(5), mib(1)));
    two.copy(0, two.at(1, {}, mib(1)), two.at(0, {}, mib(1)));
    const Dep deps[] = {dep(other, Edge::flag_fenced)};
    const OpId op = two.copy(0, two.at(1, second, mib(1)), two.at(0, mib(2), mib(1)),
                             waits ? std::span<const Dep>(deps) : std::span<const Dep>());
    const Plan plan = two.builder.finish();
    CostModel model(testing::pair_machine(), p, plan);
    // It is as late as any remote read, but only its stores use a resource.
    CHECK(model.cost(op).latency >= ns(600 + 1000));
    return model.pattern(model.cost(op).pattern).size() == 1;
  };
  CHECK(again(false, {}));
  CHECK_FALSE(again(true, {}));
  CHECK_FALSE(again(false, mib(1)));  // other bytes
  p.l1.value = 255 * 1024 / kGib;
  CHECK_FALSE(again(false, {}));
}

TEST_CASE("sources are loaded some at a time: rounds follow each other; a scan's one by one") {
  Two two;
  std::vector<Slice> own, mixed;
  for (int i = 0; i < 4; ++i) {
    own.push_back(two.at(0, kib(64 * i), kib(64)));
    mixed.push_back(two.at(i % 2, kib(64 * i), kib(64)));
  }
  const std::vector<Slice> to{two.at(0, mib(4), kib(64))};
  const OpId local = two.builder.reduce(two.lane[0], Operator::sum, own, to, {});
  const OpId remote = two.builder.reduce(two.lane[0], Operator::sum, mixed, to, {});
  const Plan plan = two.builder.finish();
  CalibrationProfile p = profile();
  p.loads_together.value = 2;
  CostModel model(testing::pair_machine(), p, plan);
  // 4 sources are 2 batches; of the mixed ones 2 are remote: one batch of them, one local.
  CHECK(model.cost(local).latency == ns(600 + 2 * 500));
  CHECK(model.cost(remote).latency == testing::kPairRoute + ns(600 + 1000 + 500));
  p.loads_together.value = 0;
  CostModel all(testing::pair_machine(), p, plan);
  CHECK(all.cost(local).latency == ns(600 + 500));
  CHECK(all.cost(remote).latency == testing::kPairRoute + ns(600 + 1000));
}

TEST_CASE("factors and inline data cost SM time; a kernel that stores ends later") {
  Two two;
  const std::vector<Slice> from{two.at(0, {}, mib(1)), two.at(0, mib(1), mib(1))};
  const std::vector<Slice> to{two.at(0, mib(2), mib(1))};
  const OpId sum = two.builder.reduce(two.lane[0], Operator::sum, from, to, {});
  const OpId decays = two.builder.reduce(two.lane[0], Operator::decay_sum, from, to, {});
  const Plan plan = two.builder.finish();
  CalibrationProfile p = profile();
  p.local_round.value = 0.01;  // SMs limit
  p.sm_decay_rate.value = 25;
  p.store_end.value = 0.3;
  p.kernel_ramp.value = 0.01;
  CostModel model(testing::pair_machine(), p, plan);
  // 8 SMs: 2 loads and a store: 8 / (2 / 200 + 1 / 50); with factors also 2 / 25 a byte.
  CHECK(model.cost(sum).cap == doctest::Approx(8e9 / 0.03));
  CHECK(model.cost(decays).cap == doctest::Approx(8e9 / 0.11));
  CHECK(model.launch_gap(sum) == ns(300 + 40));  // 8 x 512 threads are 4 x 1024
}

}  // namespace twinlink::models
