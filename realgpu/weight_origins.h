#pragma once
// Which weights an op of a plan multiplies with, and where the plan's copies should have left them.
// Pure host logic, no CUDA.
//
// The plan is walked in order of its ops; copies (and computes named d2d_copy with one source and
// one destination of the same size) carry the origins of bytes along. Origins are bytes of
// buffers of role weights. What is read without an origin, or in pieces, is not whole: its buffer
// is invalid.
#include <cstdint>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::realgpu {

// Bytes that lie at `at` and should equal those of `origin` from `origin_offset` on.
struct WeightsAt {
  models::Slice at;
  BufferId origin;
  std::int64_t origin_offset = 0;
};

struct WeightOrigins {
  // Per op: the matrices of its products in order, one each.
  std::vector<std::vector<WeightsAt>> matrices;
  // What lies in other buffers at the end of the plan, in pieces as long as may be.
  std::vector<WeightsAt> landed;
};

WeightOrigins find_weight_origins(const models::Plan& plan);

// Bytes of one matrix of weights.
std::int64_t matrix_bytes(const models::Product& product, models::Precision precision);
// A compute op that only copies its source to its destination.
bool merges(const models::Plan& plan, OpId op);

}  // namespace twinlink::realgpu
