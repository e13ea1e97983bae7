#include "models/cost/cost_model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/plan/plan_builder.h"
#include "topology/error.h"
#include "topology/presets.h"

using namespace twinlink;
using namespace twinlink::models;
using topology::NodeKind;
using topology::Topology;

namespace {

// `gpus` GPUs on one switch, 100 GB/s and 1 us per link.
Topology star(int gpus) {
  Topology t("star", Provenance::assumed, "test");
  const NodeId hub = t.add_node(NodeKind::nvswitch, "hub");
  for (int i = 0; i < gpus; ++i)
    t.add_duplex({t.add_node(NodeKind::gpu, "gpu" + std::to_string(i)), hub, gb_per_s(100), us(1)});
  return t;
}

// Every rank has one buffer of `size`; lane i belongs to rank i.
struct Bench {
  PlanBuilder builder;
  std::vector<BufferId> buffers;
  std::vector<LaneId> lanes;

  Bench(int ranks, Bytes size, const LaneShape& shape) : builder("test", ranks) {
    for (int r = 0; r < ranks; ++r) {
      buffers.push_back(
          builder.add_buffer({Rank{r}, BufferRole::inout, ElementType::fp32, size, "work"}));
      const KernelId kernel = builder.add_kernel({Rank{r}, LaunchMode::graph, "k"});
      lanes.push_back(builder.add_sm_lane(kernel, shape));
    }
  }
  [[nodiscard]] Slice whole(int rank) const {
    const BufferId b = buffers[static_cast<std::size_t>(rank)];
    return {b, 0, Bytes{0}, builder.plan().buffer(b).size};
  }
};

CalibrationProfile with(
    std::initializer_list<std::pair<Constant CalibrationProfile::*, double>> set) {
  CalibrationProfile profile = ideal_profile();
  for (const auto& [field, value] : set) (profile.*field).value = value;
  return profile;
}

}  // namespace

TEST_CASE("on an ideal machine a pull costs the route's latency and one byte of two ports") {
  const Topology machine = star(3);
  Bench bench(3, kib(64), {});
  const OpId pull = bench.builder.copy(bench.lanes[0], bench.whole(1), bench.whole(0), {});
  const Plan plan = bench.builder.finish();
  const CalibrationProfile ideal = ideal_profile();
  CostModel model(machine, ideal, plan);

  const OpCost cost = model.cost(pull);
  CHECK(cost.latency == us(2));
  CHECK(cost.payload == 65536.0);
  CHECK(cost.cap == std::numeric_limits<double>::infinity());
  CHECK_FALSE(cost.soft);
  const auto uses = model.pattern(cost.pattern);
  REQUIRE(uses.size() == 2);
  CHECK(model.name_of(uses[0].resource) == "gpu0 in");
  CHECK(model.name_of(uses[1].resource) == "gpu1 out");
  CHECK(uses[0].per_byte == 1.0);
  CHECK(model.resources()[0].capacity == 100e9);
}

TEST_CASE("a reduce of all peers takes integer trips of one round") {
  // 3 remote sources in parallel: round = 0.9 + 2 * 0.1 us; the route's 2 us come on top, twice
  // (there and back): 5.1 us. 36 CTAs x 512 threads x 16 B = 294912 B a trip; 512 KiB / 36 CTAs =
  // 14564 B a block, 8192 B a trip of a block: 2 trips. Rate = 524288 B / (2 * 5.1 us).
  const Topology machine = star(4);
  Bench bench(4, kib(512), {36, 512, 16, 1});
  const std::vector<Slice> sources{bench.whole(0), bench.whole(1), bench.whole(2), bench.whole(3)};
  const Slice destination = bench.whole(0);
  const OpId first =
      bench.builder.reduce(bench.lanes[0], Operator::sum, sources, std::span(&destination, 1), {});
  const OpId serial = bench.builder.reduce(bench.lanes[0], Operator::sum, sources,
                                           std::span(&destination, 1), {}, LoadOrder::serial);
  const Plan plan = bench.builder.finish();
  const CalibrationProfile profile = with({{&CalibrationProfile::remote_round, 0.9},
                                           {&CalibrationProfile::peer_step, 0.1},
                                           {&CalibrationProfile::local_round, 0.6},
                                           {&CalibrationProfile::graph_gap, 0.5},
                                           {&CalibrationProfile::hbm, 3000}});
  CostModel model(machine, profile, plan);

  const OpCost parallel = model.cost(first);
  CHECK(parallel.latency == us(2));
  CHECK(model.launch_gap(first) == ns(500));  // of the first op of a lane only
  CHECK(model.launch_gap(serial) == Duration{});
  CHECK(parallel.cap == doctest::Approx(524288 / (2 * 5.1e-6)));
  CHECK(parallel.soft);
  CHECK(parallel.weight == parallel.cap);
  // Serial: 3 rounds of 0.9 + 4 us each and one local round of 0.6 us a trip.
  CHECK(model.cost(serial).cap == doctest::Approx(524288 / (2 * (3 * 4.9e-6 + 0.6e-6))));
  CHECK(model.cost(serial).latency == us(2));

  // Own in port: 3 bytes per payload byte; own HBM: one read and one write; each peer: one of both.
  double in = 0, own_hbm = 0;
  for (const Use& use : model.pattern(parallel.pattern)) {
    if (model.name_of(use.resource) == "gpu0 in") in = use.per_byte;
    if (model.name_of(use.resource) == "hbm of gpu0") own_hbm = use.per_byte;
  }
  CHECK(in == 3.0);
  CHECK(own_hbm == 2.0);
}

TEST_CASE("requests and headers of a pull travel too") {
  const Topology machine = star(2);
  Bench bench(2, kib(64), {});
  const OpId pull = bench.builder.copy(bench.lanes[0], bench.whole(1), bench.whole(0), {});
  const OpId push = bench.builder.copy(bench.lanes[0], bench.whole(0), bench.whole(1), {});
  const Plan plan = bench.builder.finish();
  const CalibrationProfile profile = with({{&CalibrationProfile::wire_pull, 1.125},
                                           {&CalibrationProfile::wire_pull_request, 0.25},
                                           {&CalibrationProfile::wire_push, 1.25}});
  CostModel model(machine, profile, plan);
  const auto per_byte = [&](OpId op, const std::string& name) {
    for (const Use& use : model.pattern(model.cost(op).pattern))
      if (model.name_of(use.resource) == name) return use.per_byte;
    return 0.0;
  };
  CHECK(per_byte(pull, "gpu1 out") == 1.125);
  CHECK(per_byte(pull, "gpu0 in") == 1.125);
  CHECK(per_byte(pull, "gpu0 out") == 0.25);
  CHECK(per_byte(pull, "gpu1 in") == 0.25);
  CHECK(per_byte(push, "gpu0 out") == 1.25);
  CHECK(per_byte(push, "gpu1 out") == 0.0);
}

TEST_CASE("a copy engine pays its issue, by direction, and has its own cap and weight") {
  const Topology machine = star(2);
  Bench bench(2, kib(64), {});
  const LaneId queue = bench.builder.add_copy_lane(Rank{0}, 0, LaunchMode::eager);
  const OpId pull = bench.builder.copy(queue, bench.whole(1), bench.whole(0), {});
  const OpId push = bench.builder.copy(queue, bench.whole(0), bench.whole(1), {});
  const Plan plan = bench.builder.finish();
  const CalibrationProfile profile = with({{&CalibrationProfile::copy_pull_issue, 9.2},
                                           {&CalibrationProfile::copy_push_issue, 1.9},
                                           {&CalibrationProfile::copy_rate, 80},
                                           {&CalibrationProfile::copy_weight, 700}});
  CostModel model(machine, profile, plan);
  CHECK(model.cost(pull).latency == us(2) + ns(9200));
  CHECK(model.cost(push).latency == us(2) + ns(1900));
  CHECK(model.cost(push).cap == 80e9);
  CHECK(model.cost(push).weight == 700e9);
  CHECK_FALSE(model.cost(push).soft);
}

TEST_CASE("a machine with one slower link is not folded") {
  Topology machine = star(2);
  const NodeId spare = machine.add_node(NodeKind::gpu, "gpu2");
  machine.add_duplex({spare, machine.find("hub"), gb_per_s(50), us(1)});
  Bench bench(3, kib(64), {});
  const OpId pull = bench.builder.copy(bench.lanes[0], bench.whole(2), bench.whole(0), {});
  const Plan plan = bench.builder.finish();
  const CalibrationProfile ideal = ideal_profile();
  CostModel model(machine, ideal, plan);
  const auto uses = model.pattern(model.cost(pull).pattern);
  REQUIRE(uses.size() == 2);
  CHECK(model.name_of(uses[1].resource) == "link gpu2 -> hub");
  CHECK(model.resources()[static_cast<std::size_t>(uses[1].resource)].capacity == 50e9);
}

TEST_CASE("a transfer through NICs pays nic_issue once, and at most nic_rate") {
  const Topology machine = topology::make_preset("hgx-h100-node-2", 0);
  Bench bench(16, mib(1), {});
  std::vector<OpId> pulls;  // by rank 0: over the rail, over the spines, within the node
  for (const int from : {8, 9, 1})
    pulls.push_back(bench.builder.copy(bench.lanes[0], bench.whole(from), bench.whole(0), {}));
  const Slice sources[] = {bench.whole(8), bench.whole(9), bench.whole(1)};
  const Slice sum_of_all[] = {bench.whole(0)};
  const OpId both = bench.builder.reduce(bench.lanes[0], Operator::sum, sources, sum_of_all, {});
  const Plan plan = bench.builder.finish();
  CalibrationProfile profile = with({{&CalibrationProfile::nic_issue, 6},
                                     {&CalibrationProfile::nic_rate, 40},
                                     {&CalibrationProfile::wire_nic, 1.25},
                                     {&CalibrationProfile::wire_pull, 2}});
  CostModel model(machine, profile, plan);

  // gpu8 -> nic8 -> rail0 -> nic0 -> gpu0, each 1.25 wire bytes a byte.
  const OpCost rail = model.cost(pulls[0]);
  CHECK(rail.latency == us(6));  // its links have none
  CHECK(rail.cap == 40e9);
  auto uses = model.pattern(rail.pattern);
  REQUIRE(uses.size() == 4);
  for (const Use& use : uses) CHECK(use.per_byte == 1.25);
  // Also rail1 -> spine<i> -> rail0, half of the bytes over each of two spines.
  uses = model.pattern(model.cost(pulls[1]).pattern);
  REQUIRE(uses.size() == 8);
  double sum = 0;
  for (const Use& use : uses) sum += use.per_byte;
  CHECK(sum == doctest::Approx(6 * 1.25));
  // Within the node: one folded switch, wire_pull, no NIC.
  const OpCost near = model.cost(pulls[2]);
  CHECK(near.latency == Duration{});
  CHECK(near.cap == std::numeric_limits<double>::infinity());
  uses = model.pattern(near.pattern);
  REQUIRE(uses.size() == 2);
  CHECK(uses[0].per_byte == 2.0);
  CHECK(model.name_of(uses[0].resource) == "link node0.nvswitch0..3 -> gpu0");
  // Two of three sources come over NICs: one issue.
  CHECK(model.cost(both).latency == us(6));
  CHECK(model.cost(both).cap == 40e9);

  profile.nic_rate.value = 0;  // no limit but the links
  CHECK(CostModel(machine, profile, plan).cost(pulls[0]).cap ==
        std::numeric_limits<double>::infinity());
}

TEST_CASE("the NIC's constants count in the provenance of plans that leave a domain") {
  CalibrationProfile profile = ideal_profile();
  for (const ConstantTraits& traits : constant_table())
    (profile.*traits.field).provenance = Provenance::measured;
  profile.nic_issue.provenance = Provenance::assumed;
  Topology machine("measured", Provenance::measured, "test");
  const Topology preset = topology::make_preset("hgx-h100-node-2", 0);
  for (const topology::Node& node : preset.nodes())
    machine.add_node(node.kind, node.name, node.multicast);
  for (const topology::Link& link : preset.links()) machine.add_link(link);
  CHECK(CostModel(machine, profile, Bench(8, kib(1), {}).builder.finish()).provenance() ==
        Provenance::measured);
  CHECK(CostModel(machine, profile, Bench(9, kib(1), {}).builder.finish()).provenance() ==
        Provenance::assumed);
}

TEST_CASE("a degraded network is routed link by link, with the same constants") {
  const topology::Degradation slow[] = {{"nic8", "rail0", 0.5}};
  const Topology machine = topology::degrade(topology::make_preset("hgx-h100-node-2", 0), slow);
  Bench bench(16, mib(1), {});
  const OpId pull = bench.builder.copy(bench.lanes[0], bench.whole(8), bench.whole(0), {});
  const Plan plan = bench.builder.finish();
  const CalibrationProfile profile = with({{&CalibrationProfile::nic_issue, 6}});
  CostModel model(machine, profile, plan);
  CHECK(model.cost(pull).latency == us(6));
  double least = 1e18;
  for (const Use& use : model.pattern(model.cost(pull).pattern))
    least = std::min(least, model.resources()[static_cast<std::size_t>(use.resource)].capacity);
  CHECK(least == 25e9);
}

TEST_CASE("a plan for more GPUs than the machine has is refused") {
  const Topology machine = star(2);
  Bench bench(3, kib(64), {});
  const Plan plan = bench.builder.finish();
  const CalibrationProfile ideal = ideal_profile();
  CHECK_THROWS_WITH_AS(CostModel(machine, ideal, plan),
                       "/ranks: the plan needs GPU 2, but machine \"star\" has 2 GPUs", InputError);
}

TEST_CASE("the worst provenance of the constants touched is reported") {
  Topology machine("pair", Provenance::measured, "test");
  machine.add_duplex({machine.add_node(NodeKind::gpu, "gpu0"),
                      machine.add_node(NodeKind::gpu, "gpu1"), gb_per_s(100), us(1)});
  Bench bench(2, kib(64), {});
  bench.builder.copy(bench.lanes[0], bench.whole(1), bench.whole(0), {});
  const Plan plan = bench.builder.finish();
  CalibrationProfile profile = ideal_profile();
  for (const ConstantTraits& traits : constant_table())
    (profile.*traits.field).provenance = Provenance::measured;
  profile.copy_rate.provenance = Provenance::assumed;  // not touched: no copy lane
  CHECK(CostModel(machine, profile, plan).provenance() == Provenance::measured);
  profile.remote_round.provenance = Provenance::fitted;
  CHECK(CostModel(machine, profile, plan).provenance() == Provenance::fitted);
}

TEST_CASE("an op costs the same whatever the model was asked before") {
  // Each op of rank 0 differs from the one before it in one thing that its cost depends on, but for
  // the second, which differs in its offset only.
  const Topology machine = star(3);
  Bench bench(3, kib(64), {36, 512, 16, 1});
  PlanBuilder& b = bench.builder;
  const LaneId lane = bench.lanes[0];
  const Slice own = bench.whole(0), one = bench.whole(1), two = bench.whole(2);
  const auto half = [](Slice slice, Bytes offset) {
    return Slice{slice.buffer, 0, offset, kib(32)};
  };
  const Slice pair[] = {one, two};
  const OpId sent = b.copy(bench.lanes[1], one, one, {});
  const Dep carried[] = {dep(sent, Edge::inline_ll)};
  std::vector<OpId> ops{b.copy(lane, half(one, Bytes{0}), half(own, Bytes{0}), {}),
                        b.copy(lane, half(one, kib(32)), half(own, kib(32)), {})};
  ops.push_back(b.copy(lane, one, own, {}));
  ops.push_back(b.copy(lane, two, own, {}));
  ops.push_back(b.copy(lane, two, own, carried));
  ops.push_back(b.reduce(lane, Operator::sum, pair, std::span(&own, 1), {}));
  ops.push_back(b.reduce(lane, Operator::sum, pair, std::span(&own, 1), {}, LoadOrder::serial));
  ops.push_back(b.copy(lane, one, own, {}));
  const Plan plan = b.finish();
  const CalibrationProfile profile = with({{&CalibrationProfile::remote_round, 0.9},
                                           {&CalibrationProfile::peer_step, 0.1},
                                           {&CalibrationProfile::wire_ll, 2}});
  CostModel model(machine, profile, plan);
  const auto is_same = [](const Use& x, const Use& y) {
    return x.resource == y.resource && x.per_byte == y.per_byte;
  };
  for (const OpId op : ops) {
    CAPTURE(op.value);
    CostModel fresh(machine, profile, plan);
    const OpCost cost = model.cost(op), alone = fresh.cost(op);
    CHECK(cost.payload == alone.payload);
    CHECK(cost.latency == alone.latency);
    CHECK(cost.cap == alone.cap);
    const auto uses = model.pattern(cost.pattern), expected = fresh.pattern(alone.pattern);
    CHECK(std::equal(uses.begin(), uses.end(), expected.begin(), expected.end(), is_same));
  }
  CHECK(model.cost(ops[0]).pattern == model.cost(ops[1]).pattern);
  CHECK(model.cost(ops[3]).pattern != model.cost(ops[4]).pattern);
  CHECK(model.cost(ops[5]).cap != model.cost(ops[6]).cap);
}
