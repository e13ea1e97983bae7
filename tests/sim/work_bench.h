#pragma once
// A plan of kernels and buffers on two GPUs, for tests of what runs beside what.
#include <doctest/doctest.h>

#include "models/plan/plan_builder.h"
#include "models/timeline.h"

namespace twinlink::sim::test {

struct WorkBench {
  // A kernel of its own.
  LaneId kernel(int rank, int ctas = 1) {
    return builder.add_sm_lane(builder.add_kernel({Rank{rank}, models::LaunchMode::graph, "k"}),
                               {.ctas = ctas});
  }
  models::Slice buffer(int rank, std::int64_t bytes) {
    const BufferId id = builder.add_buffer(
        {Rank{rank}, models::BufferRole::scratch, models::ElementType::fp32, {bytes}, "b"});
    return {id, 0, {}, {bytes}};
  }
  models::PlanBuilder builder{"test", 2};
};

inline double started_us(const models::Timeline& t, OpId op) { return to_us(t.start[op.index()]); }
inline double ended_us(const models::Timeline& t, OpId op) { return to_us(t.end[op.index()]); }

// Ends are whole picoseconds, rounded up at each change of a rate.
inline doctest::Approx about(double us) { return doctest::Approx(us).epsilon(1e-6); }

}  // namespace twinlink::sim::test
