// The trace writer on a plan small enough to check by hand.
#include "scenarios/trace.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "models/plan/plan_builder.h"

using namespace twinlink;

namespace {

// Rank 0 pushes to rank 1 twice on one copy queue; rank 1 copies locally after the first push.
models::Plan three_ops() {
  models::PlanBuilder builder("three", 2);
  const auto add = [&](int rank, const char* name) {
    return builder.add_buffer(
        {Rank{rank}, models::BufferRole::scratch, models::ElementType::fp32, Bytes{64}, name});
  };
  const BufferId a = add(0, "a"), b = add(1, "b"), c = add(1, "c");
  const LaneId push = builder.add_copy_lane(Rank{0}, 0, models::LaunchMode::graph);
  const LaneId local = builder.add_copy_lane(Rank{1}, 0, models::LaunchMode::graph);
  const models::Slice from{a, 0, Bytes{0}, Bytes{64}}, to{b, 0, Bytes{0}, Bytes{64}};
  const OpId first = builder.copy(push, from, to, {});
  builder.copy(push, from, to, {});
  const models::Dep after[] = {models::dep(first)};
  builder.copy(local, to, {c, 0, Bytes{0}, Bytes{64}}, after);
  return builder.finish();
}

nlohmann::json trace_of(const models::Plan& plan, const models::Timeline& timeline) {
  std::string text;
  scenarios::write_trace(plan, timeline, {{"seed", "1"}},
                         [&text](std::string_view piece) { text += piece; });
  return nlohmann::json::parse(text);
}

}  // namespace

TEST_CASE("times are those of the timeline to the picosecond; overlap splits a track") {
  // The second push starts when the first has been released, before it has completed.
  models::Timeline timeline;
  timeline.start = {Duration{0}, Duration{1'000'001}, Duration{2'500'000}};
  timeline.end = {Duration{2'000'003}, Duration{3'000'000}, Duration{2'500'000}};
  const nlohmann::json trace = trace_of(three_ops(), timeline);
  std::vector<nlohmann::json> ops, flows;
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] == "X") ops.push_back(event);
    if (event["ph"] == "s" || event["ph"] == "f") flows.push_back(event);
  }
  REQUIRE(ops.size() == 3);
  CHECK(ops[0]["ts"] == 0.0);
  CHECK(ops[0]["dur"] == 2.000003);
  CHECK(ops[1]["ts"] == 1.000001);
  CHECK(ops[1]["dur"] == 1.999999);
  CHECK(ops[2]["dur"] == 0.0);
  CHECK(ops[0]["pid"] == ops[1]["pid"]);
  CHECK(ops[0]["tid"] != ops[1]["tid"]);
  CHECK(ops[0]["name"] == "copy -> 1");
  CHECK(ops[0]["args"]["bytes"] == 64);
  REQUIRE(flows.size() == 2);  // op 0 to op 2, across ranks
  CHECK(flows[0]["id"] == flows[1]["id"]);
  CHECK(flows[0]["ts"] == 2.000002);  // inside op 0
  CHECK(flows[1]["ts"] == 2.5);
  CHECK(trace["otherData"]["flows"] == "1");
}

TEST_CASE("ops one after the other share a track") {
  models::Timeline timeline;
  timeline.start = {Duration{0}, Duration{10}, Duration{10}};
  timeline.end = {Duration{10}, Duration{20}, Duration{20}};
  std::vector<int> tids;
  const nlohmann::json trace = trace_of(three_ops(), timeline);
  for (const auto& event : trace["traceEvents"])
    if (event["ph"] == "X" && event["pid"] == 0) tids.push_back(event["tid"]);
  CHECK(tids == std::vector<int>{1, 1});
}
