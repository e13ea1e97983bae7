#pragma once
// How a plan becomes one launch per GPU: per lane its steps, what each waits for and whom it tells.
// Pure host logic, no CUDA.
//
// An op is one step; a barrier's step publishes the arrival and then waits for the other members.
// Where launches must be ordered (FusedScope::epochs_back), each lane has a first step that waits
// for the lanes of other actors to have ended, and a last step that says so. Without block scope
// each step also waits for all blocks of its own lane to have ended the step before, unless the two
// steps touch no written bytes in common (barriers).
// A wait that an earlier wait of the lane implies is left out. Publications are fenced, at the
// reach of the waiters, except those of relaxed rendezvous; flag_relaxed dependencies are fenced
// too (slower, never wrong).
// Copy lanes have steps like the others. Between them and any lane stand signals instead of flags:
// one word per lane and waiting GPU, raised when all blocks of the lane, or the copy engine, have
// ended the step (fused_signals.h).
#include <cstdint>
#include <string>
#include <vector>

#include "realgpu/fused_scope.h"

namespace twinlink::realgpu {

struct LaneWait {
  LaneId lane;
  std::uint32_t position;  // of the step in that lane
  std::uint8_t back;       // epochs
  bool relaxed;
  bool signal = false;  // else flags: both lanes are sm lanes
};

struct FusedStep {
  OpId op;  // invalid: the launch's own first or last step
  std::vector<LaneWait> before, after;
  std::vector<std::int32_t> tells;    // GPUs, ascending, where lanes wait for its flags
  std::vector<std::int32_t> signals;  // the same for its signal
  bool relaxed = true;                // else the stores before are made visible
};

struct FusedSchedule {
  FusedScope scope;
  std::vector<std::vector<FusedStep>> lanes;  // by lane of the plan
  std::vector<std::uint32_t> position;        // per op: its step
  std::uint32_t stride = 1;                   // above any position
};

// Why the plan cannot be one launch per GPU ("a lane runs on ..."), whatever the GPU; empty: it
// can.
std::string why_not_fused(const models::Plan& plan);

// The plan must be one that can be put in order (make_stream_schedule) and can be fused.
FusedSchedule make_fused_schedule(const models::Plan& plan);

}  // namespace twinlink::realgpu
