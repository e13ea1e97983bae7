#pragma once
// Two ranks on two GPUs of a crossbar, one sm lane and one buffer each: what tests of the cost of
// single ops build their plans on.
#include <string>

#include "models/plan/plan_builder.h"
#include "topology/presets.h"

namespace twinlink::models::testing {

struct LanePair {
  PlanBuilder builder{"pair", 2};
  BufferId buffer[2];
  LaneId lane[2];

  explicit LanePair(Bytes each, LaneShape shape = {8, 512, 16, 4}) {
    for (int r = 0; r < 2; ++r) {
      buffer[r] = builder.add_buffer(
          {Rank{r}, BufferRole::scratch, ElementType::fp32, each, "b" + std::to_string(r)});
      lane[r] = builder.add_sm_lane(builder.add_kernel({Rank{r}, LaunchMode::graph, "k"}), shape);
    }
  }
};

inline const topology::Topology& pair_machine() {
  static const topology::Topology made = topology::make_preset("crossbar", 2);
  return made;
}
inline const Duration kPairRoute = us(2);  // latency of the crossbar's route

}  // namespace twinlink::models::testing
