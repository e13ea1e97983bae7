#pragma once
// The program of one lane of a fused launch as bytes for its GPU (layout: fused_device.h).
//
// Addresses come from PlanMemory, flags and inline data from FusedBoards. Pure apart from that.
// Errors: UnsupportedError for an op that no fused step serves.
#include <cstddef>
#include <vector>

#include "realgpu/decay_factors.h"
#include "realgpu/fused_boards.h"
#include "realgpu/fused_device.h"
#include "realgpu/fused_signals.h"
#include "realgpu/work_buffers.h"

namespace twinlink::realgpu {

struct FusedParts {
  const models::Plan& plan;
  const FusedSchedule& schedule;
  const PlanMemory& memory;
  const DecayFactors& factors;
  const WorkBuffers& work;
  const FusedBoards& boards;
  const FusedSignals& signals;
};

struct LaneProgram {
  std::vector<std::byte> bytes;
  int steps = 0;
  int record_bytes = 0;
};

LaneProgram make_lane_program(const FusedParts& parts, LaneId lane);

}  // namespace twinlink::realgpu
