#include "realgpu/stream_schedule.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "models/plan/plan_builder.h"
#include "topology/error.h"

using namespace twinlink;
using models::dep;
using models::Dep;

namespace {

// `lanes` copy lanes on one rank each and a 16-byte buffer that every op may copy onto itself.
struct Bench {
  explicit Bench(int lanes) : builder("test", lanes) {
    for (int i = 0; i < lanes; ++i) {
      lane.push_back(builder.add_copy_lane(Rank{i}, 0, models::LaunchMode::graph));
      members.push_back(Rank{i});
    }
    group = builder.add_group(members);
    buffer = builder.add_buffer(
        {Rank{0}, models::BufferRole::scratch, models::ElementType::fp32, Bytes{16}, "scratch"});
  }
  OpId op(int on, std::vector<Dep> deps = {}) {
    const models::Slice slice{buffer, 0, Bytes{0}, Bytes{16}};
    return builder.copy(lane[static_cast<std::size_t>(on)], slice, slice, deps);
  }
  models::PlanBuilder builder;
  std::vector<LaneId> lane;
  std::vector<Rank> members;
  GroupId group;
  BufferId buffer;
};

std::vector<OpId> waits(const realgpu::StreamSchedule& schedule, OpId op) {
  const auto span = schedule.waits_of(op);
  return {span.begin(), span.end()};
}

}  // namespace

TEST_CASE("edges within a lane need no event, edges to another lane need one") {
  Bench bench(2);
  const OpId a = bench.op(0);
  const OpId b = bench.op(0, {dep(a)});
  const OpId c = bench.op(1, {dep(b)});
  const auto schedule = realgpu::make_stream_schedule(bench.builder.plan());
  CHECK(schedule.order == std::vector{a, b, c});
  CHECK(waits(schedule, b).empty());
  CHECK(waits(schedule, c) == std::vector{b});
  CHECK(schedule.recorded == std::vector<std::uint8_t>{0, 1, 0});
  CHECK(schedule.last_of_lane == std::vector{b, c});
}

TEST_CASE("an edge that an earlier wait implies is dropped, a later one is not") {
  Bench bench(2);
  const OpId a = bench.op(0);
  const OpId b = bench.op(0);
  const OpId c = bench.op(1, {dep(a), dep(b)});  // b comes after a on its lane
  const OpId d = bench.op(1, {dep(a)});          // c waited for b already
  const OpId e = bench.op(0);
  const OpId f = bench.op(1, {dep(e)});
  const auto schedule = realgpu::make_stream_schedule(bench.builder.plan());
  CHECK(waits(schedule, c) == std::vector{b});
  CHECK(waits(schedule, d).empty());
  CHECK(waits(schedule, f) == std::vector{e});
}

TEST_CASE("members of a rendezvous stand together, behind what each of them waits for") {
  Bench bench(2);
  const auto meeting = bench.builder.add_rendezvous({bench.group});
  const OpId a = bench.builder.barrier(bench.lane[0], meeting, {});
  const OpId b = bench.op(0);  // stands before the other member's arrival in the plan
  const OpId c = bench.op(1);
  const OpId d = bench.builder.barrier(bench.lane[1], meeting, {});
  const auto schedule = realgpu::make_stream_schedule(bench.builder.plan());
  CHECK(schedule.order == std::vector{c, a, d, b});
  CHECK(schedule.arrivals == std::vector<std::vector<OpId>>{{a, d}});
}

TEST_CASE("two rendezvous in opposite order are refused") {
  Bench bench(2);
  const auto first = bench.builder.add_rendezvous({bench.group});
  const auto second = bench.builder.add_rendezvous({bench.group});
  bench.builder.barrier(bench.lane[0], first, {});
  bench.builder.barrier(bench.lane[0], second, {});
  bench.builder.barrier(bench.lane[1], second, {});
  bench.builder.barrier(bench.lane[1], first, {});
  CHECK_THROWS_WITH_AS(realgpu::make_stream_schedule(bench.builder.plan()),
                       "the plan cannot be put in order: op 0 waits for a rendezvous that never "
                       "completes",
                       InputError);
}

TEST_CASE("the members of a library call stand next to each other, when the last can arrive") {
  Bench bench(2);
  const OpId slow = bench.op(1);
  const models::Slice slice{bench.buffer, 0, Bytes{0}, Bytes{16}};
  const std::uint32_t call =
      bench.builder.add_library_call({bench.group, models::Operation::all_reduce, "nccl"});
  std::vector<OpId> members;
  for (int rank = 0; rank < 2; ++rank) {
    const LaneId lane = bench.builder.add_library_lane(Rank{rank}, 0, models::LaunchMode::graph);
    const std::vector<Dep> deps = rank == 1 ? std::vector{dep(slow)} : std::vector<Dep>{};
    members.push_back(bench.builder.library(lane, call, slice, slice, deps));
  }
  const OpId later = bench.op(0);
  const auto schedule = realgpu::make_stream_schedule(bench.builder.plan());
  CHECK(schedule.calls == std::vector<std::vector<OpId>>{members});
  CHECK(schedule.order == std::vector{slow, members[0], members[1], later});
  CHECK(waits(schedule, members[1]) == std::vector{slow});
}
