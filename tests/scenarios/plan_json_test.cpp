#include "scenarios/files/plan_json.h"

#include <doctest/doctest.h>

#include <cstring>

#include "models/collectives/catalogue.h"
#include "models/plan/plan_builder.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;
using models::Plan;

namespace {

models::CollectiveRequest request_of(const models::Algorithm& algorithm, int ranks) {
  models::CollectiveRequest request;
  request.operation = algorithm.operation;
  request.bytes = {4 * 1000 + 4};  // not divisible by most rank counts
  request.heads = 2;
  request.multicast = true;
  for (int r = 0; r < ranks; ++r) request.gpu_of_rank.push_back(r / 2);
  return request;
}

// One of everything that no builder may use yet.
Plan plan_of_all_words() {
  models::PlanBuilder builder("all \"words\"", std::vector<std::int32_t>{3, 0});
  const GroupId group = builder.add_group({Rank{1}, Rank{0}});
  const BufferId a = builder.add_buffer(
      {Rank{0}, models::BufferRole::weights, models::ElementType::fp16, {128}, "w"});
  const BufferId b = builder.add_buffer(
      {Rank{1}, models::BufferRole::inout, models::ElementType::fp64, {128}, ""});
  builder.add_claim({models::Operation::scan, true, group, 3, {b, a}, {b, a}});
  const KernelId kernel = builder.add_kernel({Rank{1}, models::LaunchMode::eager, "k"});
  const LaneId sm = builder.add_sm_lane(kernel, {7, 33, 4, 5});
  const LaneId copy = builder.add_copy_lane(Rank{0}, 3, models::LaunchMode::graph);
  const auto meeting = builder.add_rendezvous({group, models::Edge::flag_relaxed});
  const models::Slice from{a, 5, {0}, {64}}, to{b, 0, {64}, {64}};
  const OpId first = builder.copy(copy, from, to, {});
  const std::vector<models::Slice> sources{from, to}, destinations{to};
  std::vector<models::Dep> deps;
  for (const auto& edge : models::words(models::Edge{}))
    for (const auto& scope : models::words(models::Scope{}))
      deps.push_back(models::dep(first, edge.value, scope.value));
  builder.reduce(sm, models::Operator::decay_sum, sources, destinations, deps,
                 models::LoadOrder::serial);
  builder.reduce(sm, models::Operator::none, {}, destinations, {});
  builder.compute(sm,
                  {"gemm",
                   1.0 / 3,
                   {77},
                   models::WorkKind::grouped_gemm,
                   models::Precision::fp4,
                   Duration{1234},
                   {{4096, 3, 7168, 2}, {7168, 3, 2048, 2}},
                   2},
                  sources, {}, {});
  builder.barrier(sm, meeting, {});
  Plan plan = builder.finish();
  plan.ops[1].split = models::Split::strided;
  return plan;
}

// Neither struct has padding.
template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

void check_fixed_point(const Plan& plan) {
  const std::string text = write_plan(plan);
  const Plan read = read_plan(text, "plan.json");
  CHECK(write_plan(read) == text);
  CHECK(read.ops.size() == plan.ops.size());
  CHECK(read.slices.size() == plan.slices.size());
  CHECK(same_bytes(read.ops, plan.ops));
  CHECK(same_bytes(read.deps, plan.deps));
}

}  // namespace

TEST_CASE("a plan with every word survives being written and read") {
  const Plan plan = plan_of_all_words();
  check_fixed_point(plan);
  const Plan read = read_plan(write_plan(plan), "");
  CHECK(read.name == "all \"words\"");
  CHECK(read.gpu_of_rank == std::vector<std::int32_t>{3, 0});
  CHECK(read.claims[0].suffix);
  CHECK(read.claims[0].heads == 3);
  CHECK(read.computes[0].flops == 1.0 / 3);
  CHECK(read.computes[0].work == models::WorkKind::grouped_gemm);
  CHECK(read.computes[0].precision == models::Precision::fp4);
  CHECK(read.computes[0].fixed == Duration{1234});
  CHECK(read.lanes[0].rank == Rank{1});
  CHECK(read.lanes[0].launch == models::LaunchMode::eager);
  CHECK(read.lanes[0].threads == 33);
  CHECK(read.lanes[1].queue == 3);
  CHECK(!read.lanes[1].kernel.valid());
  CHECK(read.slices[0].decay_power == 5);
}

TEST_CASE("the plans of every builder survive being written and read") {
  for (const models::Algorithm& algorithm : models::catalogue())
    for (const int ranks : {1, 2, 7, 16}) {
      CAPTURE(algorithm.name);
      CAPTURE(ranks);
      check_fixed_point(models::build_plan(algorithm, request_of(algorithm, ranks)));
    }
}

TEST_CASE("horizons and lengths of a scan's claim survive, and must be one per head") {
  const auto& algorithm = models::find_algorithm(models::Operation::scan, "decay_horizon");
  models::CollectiveRequest request = request_of(algorithm, 3);
  request.heads = 2;
  request.decays = {0.5, 0.0};
  request.lengths = {2, 5, 1};
  const Plan plan = models::build_plan(algorithm, request);
  check_fixed_point(plan);
  std::string text = write_plan(plan);
  CHECK(read_plan(text, "").claims[0].horizons == std::vector<std::int32_t>{3, 1});
  CHECK(read_plan(text, "").claims[0].lengths == request.lengths);
  const std::string list = "\"horizons\": [3, 1]";
  text.replace(text.find(list), list.size(), "\"horizons\": [3]");
  CHECK_THROWS_WITH_AS(read_plan(text, ""), doctest::Contains("1 horizons for 2 heads"),
                       InputError);
}

TEST_CASE("counts of an all-to-all survive, and must be one per pair") {
  const auto& algorithm = models::find_algorithm(models::Operation::all_to_all, "direct");
  models::CollectiveRequest request = request_of(algorithm, 2);
  request.counts = {1, 3, 0, 2};
  request.bytes = {16};
  const Plan plan = models::build_plan(algorithm, request);
  check_fixed_point(plan);
  std::string text = write_plan(plan);
  CHECK(read_plan(text, "").claims[0].counts == request.counts);
  const std::string list = "\"counts\": [1, 3, 0, 2]";
  text.replace(text.find(list), list.size(), "\"counts\": [1, 3, 2]");
  CHECK_THROWS_WITH_AS(
      read_plan(text, ""),
      doctest::Contains("3 counts for a group of 2 members; expected one for each"), InputError);
}

TEST_CASE("pieces of a written plan are its text") {
  const Plan plan = plan_of_all_words();
  std::string joined;
  write_plan(plan, [&](std::string_view piece) { joined += piece; });
  CHECK(joined == write_plan(plan));
}

TEST_CASE("a fuller plan of many errors shows a hundred of them") {
  std::string text = write_plan(plan_of_all_words());
  const std::string first = "{\"op\": \"copy\", \"lane\": 1";
  std::string bad;
  for (int i = 0; i < 1000; ++i) bad += "{\"op\": \"copy\", \"lane\": 99},\n";
  text.insert(text.find(first), bad);
  try {
    read_plan(text, "");
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(error.issues().size() == 101);  // a hundred, and the line that says so
  }
}
