// Pure: from stamps to a timeline. Needs no device.
#include "realgpu/measured_timeline.h"

#include <doctest/doctest.h>

#include "models/plan/plan_builder.h"

using namespace twinlink;
using models::dep;

TEST_CASE("stamps of two devices become one timeline, barriers are filled in") {
  models::PlanBuilder builder("test", 2);
  const GroupId group = builder.add_group({Rank{0}, Rank{1}});
  const LaneId a = builder.add_copy_lane(Rank{0}, 0, models::LaunchMode::graph);
  const LaneId b = builder.add_copy_lane(Rank{1}, 0, models::LaunchMode::graph);
  const BufferId buffer = builder.add_buffer(
      {Rank{0}, models::BufferRole::scratch, models::ElementType::fp32, Bytes{16}, "scratch"});
  const models::Slice slice{buffer, 0, Bytes{0}, Bytes{16}};
  const auto meeting = builder.add_rendezvous({group});
  builder.copy(a, slice, slice, {});  // 0
  builder.copy(b, slice, slice, {});  // 1
  builder.barrier(a, meeting, {});    // 2
  builder.barrier(b, meeting, {});    // 3
  builder.copy(b, slice, slice, {});  // 4
  const models::Plan plan = builder.finish();
  const auto schedule = realgpu::make_stream_schedule(plan);
  const std::vector<int> devices{0, 1};
  // Device 1's timer is 5000 ns ahead: 7020 there is 2020 here.
  const std::vector<long long> corrections{0, -5000};
  const realgpu::Stamp none{~0ULL, 0};
  const std::vector<realgpu::Stamp> stamps{{2000, 2100}, {7020, 7300}, none, none, {7350, 7400}};
  const models::Timeline timeline =
      realgpu::timeline_of({plan, schedule, devices, corrections}, stamps);
  // Time 0 is 2000 on device 0. Member 2 arrives at 100, member 3 at 300: both go on at 300.
  CHECK(timeline.start == std::vector{ns(0), ns(20), ns(100), ns(300), ns(350)});
  CHECK(timeline.end == std::vector{ns(100), ns(300), ns(300), ns(300), ns(400)});
  CHECK(timeline.makespan() == ns(400));
}
