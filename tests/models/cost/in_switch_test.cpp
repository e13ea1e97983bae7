#include <doctest/doctest.h>

#include <map>

#include "models/cost/cost_model.h"
#include "models/plan/plan_builder.h"

using namespace twinlink;
using namespace twinlink::models;
using topology::NodeKind;
using topology::Topology;

namespace {

// `gpus` GPUs on two switches, 100 GB/s and 1 us per link; `damaged`: gpu0 has half a link to the
// first, so that the machine is no uniform star and every link is a resource.
Topology two_switches(int gpus, bool damaged) {
  Topology t("two_switches", Provenance::assumed, "test");
  const NodeId hubs[] = {t.add_node(NodeKind::nvswitch, "a"), t.add_node(NodeKind::nvswitch, "b")};
  for (int i = 0; i < gpus; ++i) {
    const NodeId gpu = t.add_node(NodeKind::gpu, "gpu" + std::to_string(i));
    for (const NodeId hub : hubs)
      t.add_duplex({gpu, hub, gb_per_s(damaged && i == 0 && hub == hubs[0] ? 50 : 100), us(1)});
  }
  return t;
}

struct Team {
  PlanBuilder builder;
  std::vector<Slice> parts;
  std::vector<LaneId> lanes;
  Team(int ranks, Bytes size) : builder("team", ranks) {
    for (int r = 0; r < ranks; ++r) {
      const BufferId b =
          builder.add_buffer({Rank{r}, BufferRole::inout, ElementType::fp32, size, "part"});
      parts.push_back({b, 0, {}, size});
      lanes.push_back(
          builder.add_sm_lane(builder.add_kernel({Rank{r}, LaunchMode::graph, "k"}), {}));
    }
  }
};

// Bytes of each resource per payload byte, by name.
std::map<std::string, double> uses_of(CostModel& model, OpId op) {
  std::map<std::string, double> uses;
  const OpCost cost = model.cost(op);
  for (const Use& use : model.pattern(cost.pattern))
    uses[model.name_of(use.resource)] += use.per_byte;
  return uses;
}

}  // namespace

TEST_CASE("a sum in the switch leaves every GPU once and arrives once; a multicast the other way") {
  const Topology machine = two_switches(3, false);
  Team team(3, kib(64));
  const OpId sum =
      team.builder.multimem_reduce(team.lanes[0], team.parts, std::span(team.parts.data(), 1), {});
  const OpId store = team.builder.multimem_store(team.lanes[1], team.parts[1], team.parts, {});
  const Plan plan = team.builder.finish();
  CalibrationProfile profile = ideal_profile();
  profile.wire_multimem.value = 1.5;
  CostModel model(machine, profile, plan);
  using Uses = std::map<std::string, double>;
  CHECK(uses_of(model, sum) ==
        Uses{{"gpu0 out", 1.5}, {"gpu1 out", 1.5}, {"gpu2 out", 1.5}, {"gpu0 in", 1.5}});
  CHECK(uses_of(model, store) ==
        Uses{{"gpu1 out", 1.5}, {"gpu0 in", 1.5}, {"gpu1 in", 1.5}, {"gpu2 in", 1.5}});
  CHECK(model.cost(sum).latency == us(2));
}

TEST_CASE("link by link a tree uses each link once, the own GPU's links to the switches too") {
  const Topology machine = two_switches(3, true);
  Team team(3, kib(64));
  const OpId sum =
      team.builder.multimem_reduce(team.lanes[0], team.parts, std::span(team.parts.data(), 1), {});
  const Plan plan = team.builder.finish();
  const CalibrationProfile ideal = ideal_profile();
  CostModel model(machine, ideal, plan);
  // Routes to gpu0 stripe 50 : 100 over the two switches; each branch carries every byte once, so
  // 1/3 and 2/3 of it on the links of every GPU, and on those into gpu0 too, whatever their number.
  const std::map<std::string, double> uses = uses_of(model, sum);
  CHECK(uses.size() == 8);
  for (const char* gpu : {"gpu0", "gpu1", "gpu2"}) {
    CHECK(uses.at("link " + std::string(gpu) + " -> a") == doctest::Approx(1.0 / 3));
    CHECK(uses.at("link " + std::string(gpu) + " -> b") == doctest::Approx(2.0 / 3));
  }
  CHECK(uses.at("link a -> gpu0") == doctest::Approx(1.0 / 3));
  CHECK(uses.at("link b -> gpu0") == doctest::Approx(2.0 / 3));
}

TEST_CASE("a sum in the switch takes one round a trip, whatever the number of peers") {
  // 32 CTAs x 512 threads x 16 B x 4 loads = 1 MiB a trip: 2 MiB take 2 rounds of 2 us.
  const Topology machine = two_switches(8, false);
  Team team(8, mib(2));
  const OpId sum =
      team.builder.multimem_reduce(team.lanes[0], team.parts, std::span(team.parts.data(), 1), {});
  const Plan plan = team.builder.finish();
  CalibrationProfile profile = ideal_profile();
  profile.remote_round.value = 0.9;
  profile.peer_step.value = 0.1;
  profile.multimem_round.value = 2;
  CostModel model(machine, profile, plan);
  // The route is 2 us each way and comes on top of the constant: 2 + 4 us a round.
  CHECK(model.cost(sum).cap == doctest::Approx(2 * 1048576.0 / (2 * 6e-6)));
}

TEST_CASE("a loop of NVLS waits for flags once and for a round per trip of 8 loads a thread") {
  const Topology machine = two_switches(8, false);
  CalibrationProfile profile = ideal_profile();
  profile.nccl_loop_nvls.value = 16;
  profile.multimem_round.value = 2;
  profile.local_round.value = 0.5;
  // 24 channels of 4 warps: 128 threads x 16 B x 8 loads = 16 KiB a trip and channel. The route is
  // 2 us each way and comes on top of a round that asks the switch: 2 + 4 us.
  const auto seconds = [&](Bytes chunk, bool sums) {
    const Bytes size{24 * chunk.count};
    Team team(8, size);
    const auto ends = std::span(team.parts);
    const OpId op = sums ? team.builder.multimem_reduce(team.lanes[0], ends, ends, {})
                         : team.builder.multimem_store(team.lanes[0], ends[0], ends, {});
    Plan plan = team.builder.finish();
    Lane& lane = plan.lanes[team.lanes[0].index()];
    lane.protocol = Protocol::simple;
    lane.ctas = 24;
    lane.threads = 128;
    CostModel model(machine, profile, plan);
    const OpCost cost = model.cost(op);
    CHECK(cost.soft);
    return static_cast<double>(size.count) / cost.cap;
  };
  CHECK(seconds(kib(16), true) == doctest::Approx((16 + 6) * 1e-6));
  CHECK(seconds(kib(64), true) == doctest::Approx((16 + 4 * 6) * 1e-6));
  CHECK(seconds({kib(16).count + 16}, true) == doctest::Approx((16 + 2 * 6) * 1e-6));
  // A multicast alone waits for its own memory.
  CHECK(seconds(kib(32), false) == doctest::Approx((16 + 2 * 0.5) * 1e-6));
  profile.nccl_loop_nvls.value = 0;
  CHECK(seconds(kib(16), true) == doctest::Approx(6e-6));
}

TEST_CASE("groups of warps carry their share of a channel, a copy's slices one after the other") {
  const Topology machine = two_switches(2, false);
  CalibrationProfile profile = ideal_profile();
  profile.nccl_channel_simple.value = 32;
  const auto rate = [&](int threads, std::size_t slices) {
    Team team(2, kib(64));
    const BufferId to =
        team.builder.add_buffer({Rank{0}, BufferRole::output, ElementType::fp32, kib(64), "to"});
    std::vector<Slice> from, into;
    for (std::size_t i = 0; i < slices; ++i) {
      const Bytes size{kib(64).count / static_cast<std::int64_t>(slices)};
      const Bytes offset{static_cast<std::int64_t>(i) * size.count};
      from.push_back({team.parts[0].buffer, 0, offset, size});
      into.push_back({to, 0, offset, size});
    }
    const OpId op = team.builder.copy(team.lanes[0], from, into, {});
    Plan plan = team.builder.finish();
    Lane& lane = plan.lanes[team.lanes[0].index()];
    lane.protocol = Protocol::simple;
    lane.ctas = 2;
    lane.threads = static_cast<std::int16_t>(threads);
    CostModel model(machine, profile, plan);
    return model.cost(op).cap;
  };
  CHECK(rate(512, 1) == doctest::Approx(2 * 32e9));
  CHECK(rate(544, 1) == doctest::Approx(2 * 32e9));  // a ring's, with the warp for flags
  // 192 of 512 threads, and a copy moves 2 bytes where stages of a ring move 8/3: half of it.
  CHECK(rate(192, 1) == doctest::Approx(2 * 16e9));
  CHECK(rate(192, 8) == doctest::Approx(2 * 16e9 / 8));  // per byte of one of the eight
}

TEST_CASE("a hop of LL in a library's kernel: its own constant where there is one") {
  const Topology machine = two_switches(2, false);
  CalibrationProfile profile = ideal_profile();
  profile.flag.value = 0.65;
  Team team(2, kib(64));
  Plan plan = team.builder.finish();
  const auto hop = [&] {
    return CostModel(machine, profile, plan).edge_latency(Edge::inline_ll, true);
  };
  profile.nccl_hop_ll.value = 1.05;
  CHECK(hop() == ns(650));  // kernels of ours
  plan.lanes[0].protocol = Protocol::ll;
  CHECK(hop() == ns(1050));
  CHECK(CostModel(machine, profile, plan).edge_latency(Edge::inline_ll, false) == Duration{});
  CHECK(CostModel(machine, profile, plan).edge_latency(Edge::flag_fenced, true) == ns(650));
  profile.nccl_hop_ll.value = 0;
  CHECK(hop() == ns(650));
}
