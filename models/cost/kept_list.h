#pragma once
// Which launches keep the op list of their blocks in registers.
//
// Plans with inline data take few microseconds, of which reading a record of the list field by
// field, each read waiting for the one before, was half a microsecond an op. A launch keeps the
// record in registers instead where it has registers to spare: inline data and small blocks. (The
// executor keeps none where a GPU must hold several blocks on an SM, which small plans never ask
// for.) Both the executor on GPUs and the cost model (op_step_kept) ask here.
#include <vector>

#include "models/cost/calibration.h"
#include "models/plan/plan.h"

namespace twinlink::models {

// The most threads of a block that keeps its list.
inline constexpr int kKeptListThreads = 256;

constexpr bool keeps_list(bool inline_data, int threads) {
  return inline_data && threads <= kKeptListThreads;
}

// By GPU up to the plan's highest: whether its launch keeps its lists. All sm lanes of a GPU are
// one launch. Empty: none does.
std::vector<bool> kept_lists(const Plan& plan);

// What a lane of that GPU pays to go on to its next op.
const Constant& step_of(const CalibrationProfile& profile, const std::vector<bool>& kept,
                        std::int32_t gpu);

}  // namespace twinlink::models
