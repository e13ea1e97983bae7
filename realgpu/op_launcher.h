#pragma once
// One op of a plan as work on a stream: a kernel on sm lanes, copy-engine transfers on copy lanes.
//
// compute ops change no data: they do the stated FLOPs in plain fp32 arithmetic (no tensor cores)
// and read the stated bytes from a buffer larger than the L2. Everything that a launch needs
// (factors of decay_sum, that buffer) is allocated by the constructor, because nothing may be
// allocated under capture.
// Errors: UnsupportedError for an op that no kernel serves.
#include <optional>
#include <span>

#include "realgpu/decay_factors.h"
#include "realgpu/nccl_calls.h"
#include "realgpu/plan_memory.h"
#include "realgpu/stamps.h"
#include "realgpu/stream.h"
#include "realgpu/work_buffers.h"

namespace twinlink::realgpu {

class OpLauncher {
 public:
  // Keeps references to plan and memory.
  OpLauncher(const models::Plan& plan, const models::Inputs& inputs, const PlanMemory& memory);

  // Puts the op on the stream of its lane. `stamp` may be null. Barriers and ops without bytes
  // put nothing there (and leave their stamp unwritten).
  void launch(OpId op, const Stream& stream, Stamp* stamp) const;
  // All members of one library call, each on its lane's stream; stamps may be null.
  void call(std::span<const OpId> members, std::span<const Stream* const> streams,
            std::span<Stamp* const> stamps) const;

 private:
  [[nodiscard]] bool does_nothing(OpId op) const;
  [[nodiscard]] LaunchShape shape_of(OpId op) const;
  void launch_on_sms(OpId op, const Stream& stream, Stamp* stamp) const;
  void launch_on_copy_engine(OpId op, const Stream& stream, Stamp* stamp) const;
  void fold(OpId op, const Stream& stream, Stamp* stamp) const;
  void copy(OpId op, const Stream& stream, Stamp* stamp) const;
  void work(OpId op, const Stream& stream, Stamp* stamp) const;

  const models::Plan& plan_;
  const PlanMemory& memory_;
  DecayFactors factors_;
  WorkBuffers work_buffers_;
  std::optional<NcclCalls> nccl_;  // plans with library calls
};

}  // namespace twinlink::realgpu
