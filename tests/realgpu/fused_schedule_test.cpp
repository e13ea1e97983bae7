// What a fused launch waits for and may leave out: pure host logic.
#include "realgpu/fused_schedule.h"

#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "models/collectives/catalogue.h"
#include "tests/gpu/pair_plans.h"

using namespace twinlink;
using models::Operation;
using realgpu::FusedSchedule;
using realgpu::make_fused_schedule;

namespace {

models::Plan plan_of(Operation operation, const std::string& name, int ranks,
                     Bytes bytes = kib(64)) {
  models::CollectiveRequest request;
  request.operation = operation;
  for (int r = 0; r < ranks; ++r) request.gpu_of_rank.push_back(r % 2);
  request.bytes = bytes;
  return models::build_plan(models::find_algorithm(operation, name), request);
}

testing::PushRequest pair(Bytes bytes) {
  testing::PushRequest request;
  request.gpu_of_rank = {0, 1};
  request.bytes = bytes;
  return request;
}

std::size_t waits(const FusedSchedule& schedule) {
  std::size_t count = 0;
  for (const auto& lane : schedule.lanes)
    for (const auto& step : lane) count += step.before.size() + step.after.size();
  return count;
}

}  // namespace

TEST_CASE("plans that use equal slices in equal splits are block-scoped, ragged ones too") {
  for (const Bytes bytes : {kib(64), Bytes{4 * 10'007}})
    for (const int ranks : {2, 3, 8})
      for (const std::string name : {"ring", "one_shot", "two_shot"}) {
        CAPTURE(name);
        CAPTURE(ranks);
        CHECK(make_fused_schedule(plan_of(Operation::all_reduce, name, ranks, bytes)).scope.blocks);
      }
  CHECK(make_fused_schedule(plan_of(Operation::exscan, "blelloch", 5)).scope.blocks);
}

TEST_CASE("an op that reads other bytes than were written takes block scope away") {
  models::Plan plan = plan_of(Operation::all_reduce, "two_shot", 2);
  REQUIRE(make_fused_schedule(plan).scope.blocks);
  SUBCASE("half of a slice") {
    for (std::size_t i = 0; i < plan.ops.size(); ++i)
      if (plan.ops[i].kind == models::OpKind::copy)
        for (std::uint32_t s = 0; s < 2; ++s)
          plan.slices[plan.ops[i].first_slice + s].size = kib(16);
    const FusedSchedule schedule = make_fused_schedule(plan);
    CHECK_FALSE(schedule.scope.blocks);
    // A lane's ops: barrier, reduce, barrier, copy. Reduce and copy wait for their own lane.
    CHECK(schedule.lanes[0][1].before.size() == 1);
    CHECK(schedule.lanes[0][3].before.size() == 1);
    CHECK(schedule.lanes[0][3].before[0].lane == LaneId{0});
    CHECK(schedule.lanes[0][3].before[0].position == 2);
    CHECK_FALSE(schedule.lanes[0][2].relaxed);
  }
  SUBCASE("another split") {
    for (auto& op : plan.ops)
      if (op.kind == models::OpKind::copy) op.split = models::Split::strided;
    CHECK_FALSE(make_fused_schedule(plan).scope.blocks);
  }
  SUBCASE("another number of blocks") {
    plan.lanes[1].ctas /= 2;
    CHECK_FALSE(make_fused_schedule(plan).scope.blocks);
  }
}

TEST_CASE("a two-shot all-reduce: the first meeting is relaxed, and orders launches") {
  const FusedSchedule schedule = make_fused_schedule(plan_of(Operation::all_reduce, "two_shot", 2));
  CHECK(schedule.scope.epochs_back == 0);
  REQUIRE(schedule.lanes[0].size() == 4);
  const auto& first = schedule.lanes[0][0];
  const auto& second = schedule.lanes[0][2];
  REQUIRE(first.after.size() == 1);
  CHECK(first.after[0].lane == LaneId{1});
  CHECK(first.after[0].relaxed);
  CHECK(first.relaxed);
  CHECK_FALSE(second.relaxed);
  CHECK(second.after[0].position == 2);
  CHECK(first.tells == std::vector<std::int32_t>{1});
  CHECK(schedule.lanes[0][1].tells.empty());
}

TEST_CASE("without a first meeting a launch waits for the other GPUs' launch before") {
  const FusedSchedule schedule =
      make_fused_schedule(plan_of(Operation::exscan, "ring_decoupled", 4));
  CHECK(schedule.scope.epochs_back == 1);
  CHECK(schedule.lanes[3].empty());  // the last rank has nothing to do
  for (std::size_t lane = 0; lane < 3; ++lane) {
    const auto& first = schedule.lanes[lane].front();
    CHECK_FALSE(first.op.valid());
    REQUIRE(first.before.size() == (lane == 1 ? 2 : 1));  // the lanes of the other GPU
    for (const auto& wait : first.before) {
      CHECK(wait.back == 1);
      CHECK(wait.lane.index() % 2 != lane % 2);
      CHECK(wait.position == schedule.lanes[wait.lane.index()].size() - 1);
    }
    CHECK(schedule.lanes[lane].back().tells == std::vector<std::int32_t>{lane % 2 == 0 ? 1 : 0});
  }
}

TEST_CASE("inline data need no flag, and two banks need no wait where both send") {
  const models::Plan plan = testing::one_shot_push(pair(kib(1)));
  const models::Proof proof = models::prove(plan);
  CHECK_MESSAGE(proof.correct(), (proof.findings.empty() ? "" : proof.findings[0].message));
  const FusedSchedule schedule = make_fused_schedule(plan);
  CHECK(schedule.scope.inline_edges.size() == 2);
  CHECK(schedule.scope.epochs_back == 0);
  CHECK(waits(schedule) == 0);
}

TEST_CASE("the catalogue's one_shot_push: words, lines, then fenced flags") {
  const auto& algorithm = models::find_algorithm(models::Operation::all_reduce, "one_shot_push");
  const auto scope_of = [&](Bytes bytes) {
    models::CollectiveRequest request;
    request.gpu_of_rank = {0, 1};
    request.bytes = bytes;
    return make_fused_schedule(models::build_plan(algorithm, request)).scope;
  };
  CHECK(scope_of(kib(64)).inline_edges.size() == 2);
  CHECK(scope_of(kib(64)).inline_kind == models::Edge::inline_ll);
  CHECK(scope_of(mib(4)).inline_edges.size() == 2);
  CHECK(scope_of(mib(4)).inline_kind == models::Edge::inline_ll128);
  CHECK(scope_of(mib(8)).inline_edges.empty());
}

TEST_CASE("pushes into scratch need neither flags nor waits while their data carry them") {
  for (const models::Operation operation :
       {models::Operation::reduce_scatter, models::Operation::all_gather,
        models::Operation::all_to_all}) {
    CAPTURE(std::string(models::name_of(operation)));
    models::CollectiveRequest request;
    request.operation = operation;
    request.gpu_of_rank = {0, 1};
    request.bytes = kib(16);
    const auto& algorithm = models::find_algorithm(operation, "push");
    const FusedSchedule schedule = make_fused_schedule(models::build_plan(algorithm, request));
    CHECK(schedule.scope.inline_edges.size() == 2);
    CHECK(schedule.scope.epochs_back == 0);
    CHECK(waits(schedule) == 0);
  }
}

TEST_CASE("inline edges that the wire format does not fit become fenced flags") {
  SUBCASE("not a multiple of 16 bytes") {
    const FusedSchedule schedule = make_fused_schedule(testing::one_shot_push(pair(Bytes{1'028})));
    CHECK(schedule.scope.inline_edges.empty());
    CHECK(schedule.scope.epochs_back == 1);
    CHECK_FALSE(schedule.lanes[0][1].relaxed);
  }
  SUBCASE("LL128 with a broken warp") {
    testing::PushRequest request = pair(kib(1));
    request.edge = models::Edge::inline_ll128;
    CHECK(make_fused_schedule(testing::one_shot_push(request)).scope.inline_edges.size() == 2);
    request.shape.threads = 48;
    CHECK(make_fused_schedule(testing::one_shot_push(request)).scope.inline_edges.empty());
  }
  SUBCASE("a slice that is read twice") {
    models::Plan plan = testing::one_shot_push(pair(kib(1)));
    const std::uint32_t first = plan.ops[2].first_slice;
    REQUIRE(plan.ops[2].kind == models::OpKind::reduce);
    plan.slices[first] = plan.slices[first + 1];
    CHECK(make_fused_schedule(plan).scope.inline_edges.empty());
  }
  SUBCASE("lanes that share other written bytes as well") {
    models::Plan plan = testing::one_shot_push(pair(kib(1)));
    const std::uint32_t output = plan.ops[2].first_slice + 2;
    const std::uint32_t other = plan.ops[3].first_slice + 2;
    plan.slices[other].buffer = plan.slices[output].buffer;
    const FusedSchedule schedule = make_fused_schedule(plan);
    CHECK(schedule.scope.inline_edges.empty());
    CHECK(waits(schedule) > 0);
  }
}

TEST_CASE("a one-way inline edge asks for the end of the launch before the last") {
  models::Plan plan = testing::one_shot_push(pair(kib(1)));
  REQUIRE(plan.ops.back().kind == models::OpKind::reduce);
  // Rank 1 no longer reads: only rank 1 sends, rank 0 receives.
  plan.slices.resize(plan.ops.back().first_slice);
  plan.deps.resize(plan.ops.back().first_dep);
  plan.ops.pop_back();
  const FusedSchedule schedule = make_fused_schedule(plan);
  REQUIRE(schedule.scope.inline_edges.size() == 1);
  CHECK(schedule.scope.epochs_back == 2);
}

TEST_CASE("pushing in two shots is proved, for ragged shares too") {
  for (const int ranks : {2, 3, 8}) {
    testing::PushRequest request;
    for (int r = 0; r < ranks; ++r) request.gpu_of_rank.push_back(r % 2);
    request.bytes = Bytes{4 * 10'007};
    const models::Plan plan = testing::two_shot_push(request);
    const models::Proof proof = models::prove(plan);
    CHECK_MESSAGE(proof.correct(), (proof.findings.empty() ? "" : proof.findings[0].message));
    const FusedSchedule schedule = make_fused_schedule(plan);
    CHECK(schedule.scope.blocks);
    CHECK(schedule.scope.epochs_back == 1);
  }
}

TEST_CASE("a transposed scan is proved, block-scoped, and ordered by its first meeting") {
  models::CollectiveRequest request;
  request.operation = Operation::exscan;
  request.gpu_of_rank = {0, 1, 0, 1};
  request.bytes = Bytes{4 * 1'031};
  request.heads = 3;
  const models::Plan plan = testing::transpose_exscan(request);
  const models::Proof proof = models::prove(plan);
  CHECK_MESSAGE(proof.correct(), (proof.findings.empty() ? "" : proof.findings[0].message));
  const FusedSchedule schedule = make_fused_schedule(plan);
  CHECK(schedule.scope.blocks);
  CHECK(schedule.scope.epochs_back == 0);
}

TEST_CASE("copy lanes: signals towards and from them, flags between the others") {
  const models::Plan plan = testing::two_shot_copies(pair(kib(64)));
  const models::Proof proof = models::prove(plan);
  CHECK_MESSAGE(proof.correct(), (proof.findings.empty() ? "" : proof.findings[0].message));
  CHECK(realgpu::why_not_fused(plan).empty());
  const FusedSchedule schedule = make_fused_schedule(plan);
  CHECK(schedule.scope.blocks);
  // The copy lanes have not met the others, and both touch the outputs.
  CHECK(schedule.scope.epochs_back == 1);
  // Lanes 0 and 1: begin, barrier, reduce, await, end. Lanes 2 and 3: begin, copy, end.
  REQUIRE(schedule.lanes[0].size() == 5);
  REQUIRE(schedule.lanes[2].size() == 3);
  const auto& begin = schedule.lanes[0].front();
  REQUIRE(begin.before.size() == 3);  // all but its own
  for (const auto& wait : begin.before) CHECK(wait.signal == (wait.lane.index() >= 2));
  const auto& meeting = schedule.lanes[0][1];
  REQUIRE(meeting.after.size() == 1);
  CHECK_FALSE(meeting.after[0].signal);
  CHECK(meeting.signals.empty());
  const auto& reduce = schedule.lanes[0][2];
  CHECK(reduce.tells.empty());
  CHECK(reduce.signals == std::vector<std::int32_t>{0});
  const auto& copy = schedule.lanes[2][1];
  REQUIRE(copy.before.size() == 1);
  CHECK(copy.before[0].signal);
  CHECK(copy.before[0].position == 2);
  CHECK(copy.signals == std::vector<std::int32_t>{1});
  const auto& await = schedule.lanes[1][3];
  REQUIRE(await.before.size() == 1);
  CHECK(await.before[0].signal);
  CHECK(await.before[0].lane == LaneId{2});
  // Both GPUs' launches, and the other copy lane, wait for the end of the copy lane.
  CHECK(schedule.lanes[2].back().signals == std::vector<std::int32_t>{0, 1});
}

TEST_CASE("a copy lane beside its own GPU's launches is an actor of its own") {
  models::Plan plan = testing::two_shot_copies(pair(kib(64)));
  plan.gpu_of_rank = {0, 0};
  const FusedSchedule schedule = make_fused_schedule(plan);
  CHECK(schedule.scope.epochs_back == 1);
  CHECK(schedule.lanes[0].front().before.size() == 2);  // the copy lanes, not lane 1
  CHECK(schedule.lanes[2].front().before.size() == 3);
}

TEST_CASE("plans of copy lanes only need no launch, and signals only") {
  for (const Operation operation : {Operation::all_gather, Operation::all_to_all}) {
    const models::Plan plan = plan_of(operation, "copy_engine", 2);
    CHECK(realgpu::why_not_fused(plan).empty());
    const FusedSchedule schedule = make_fused_schedule(plan);
    for (const auto& lane : schedule.lanes)
      for (const auto& step : lane) {
        CHECK(step.tells.empty());
        for (const auto& wait : step.before) CHECK(wait.signal);
      }
  }
}

TEST_CASE("SM lanes of unequal loads can be fused; library lanes and too many loads cannot") {
  models::Plan plan = testing::two_shot_copies(pair(kib(64)));
  SUBCASE("loads") {
    plan.lanes[1].loads_in_flight = 8;
    CHECK(realgpu::why_not_fused(plan).empty());
    plan.lanes[1].loads_in_flight = 16;
    CHECK(realgpu::why_not_fused(plan).find("16 loads in flight (there") != std::string::npos);
  }
  SUBCASE("a library") {
    plan.lanes[2].engine = models::Engine::library;
    CHECK(realgpu::why_not_fused(plan).find("library") != std::string::npos);
  }
}
