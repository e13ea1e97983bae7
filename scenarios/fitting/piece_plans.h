#pragma once
// Plans of what the suites links, memory, sharing and overlap time: one piece of work of GPU 0,
// alone or while another runs on. They exist to be predicted; nothing proves or runs them.
//
// copies     one op of `bytes` on a lane of that shape (shape.ctas > 0), or on a copy queue
// read, write, fold   an op with a source only, a destination only, or two sources and one
//            destination, all in GPU 0's memory
// product    a compute op of `flops`, whose HBM bytes are those of its three bf16 matrices
// both ways  the same piece mirrored from GPU 1 at the same time
// rendezvous, flag, event   what one more of them adds to a chain
// beside     the other consumer is one op, kOutlast times as large as it was measured, so that it
//            runs as long as the timed one; where one of them fills the GPU's SMs (a product, an
//            engine's copy within a GPU), both are chains of kernels as they were measured, of
//            `pieces` and kOutlast pieces, and the time is that of one piece
#include <cstdint>
#include <optional>

#include "models/plan/plan_builder.h"

namespace twinlink::scenarios {

enum class Piece : std::uint8_t {
  launch,  // a kernel that does nothing
  pull,
  push,
  local,
  read,
  write,
  fold,
  product,
  barrier_relaxed,
  barrier_fenced,
  flag,
  event,
};

struct PieceOfWork {
  Piece kind = Piece::launch;
  models::LaneShape shape{.ctas = 0};  // no CTAs: a copy engine
  Bytes bytes{};
  models::Compute product{};  // of a product
  models::LaunchMode launch = models::LaunchMode::graph;
};

struct PieceCase {
  PieceOfWork timed;
  std::optional<PieceOfWork> beside = std::nullopt;
  bool both_ways = false;
  int pieces = 1;  // of the timed one, beside another
};

inline constexpr std::int64_t kOutlast = 256;

// The time is end(last) - end(first), or end(last) if there is no first; no last: the makespan.
// It is divided by `pieces`. bare: a kernel that does one piece of work, without a list to walk
// (op_step).
struct TimedPlan {
  models::Plan plan;
  OpId first, last;
  bool bare = false;
  int pieces = 1;
};

TimedPlan piece_plan(const PieceCase& work);

}  // namespace twinlink::scenarios
