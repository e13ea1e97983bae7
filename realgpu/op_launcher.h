#pragma once
// One op of a plan as work on a stream: a kernel on sm lanes, copy-engine transfers on copy lanes.
//
// compute ops:
//   fixed time and no other work   nothing, for that long (fixed time beside work is the GPU's own)
//   with products   those products by cuBLAS, on the plan's weights (products.h)
//   attention       the stated FLOPs on tensor cores beside the stated reads (product_kernels.h)
//   memory          a local copy where the op is one (d2d_copy), else reads of the stated bytes
//   other kinds     the stated FLOPs in plain fp32 arithmetic (no tensor cores), and reads
// on all SMs but for other kinds, which keep to their lane's CTAs. Reads are from a buffer larger
// than the L2. Everything that a launch needs (factors of decay_sum, buffers) is allocated by the
// constructor, because nothing may be allocated under capture.
// Errors: UnsupportedError for an op that no kernel serves.
#include <functional>
#include <optional>
#include <span>

#include "realgpu/decay_factors.h"
#include "realgpu/nccl_calls.h"
#include "realgpu/plan_memory.h"
#include "realgpu/products.h"
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
  // Products are compared from now on, or not any more; what was found is forgotten.
  void compare_products(bool compare);
  [[nodiscard]] models::Numbers products_verdict() const { return products_.verdict(); }
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
  void bracketed(const Stream& stream, Stamp* stamp, const std::function<void()>& issue) const;
  [[nodiscard]] WorkArgs work_args(OpId op, int device, Stamp* stamp) const;

  const models::Plan& plan_;
  const PlanMemory& memory_;
  DecayFactors factors_;
  WorkBuffers work_buffers_;
  Products products_;
  bool compare_products_ = false;
  std::optional<NcclCalls> nccl_;  // plans with library calls
};

}  // namespace twinlink::realgpu
