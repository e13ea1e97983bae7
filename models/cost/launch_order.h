#pragma once
// Whether launches of a plan, one after the other, must wait for each other.
//
// A launch may start on one GPU while another GPU is still in the one before. It must wait for that
// where ops on several GPUs touch one written buffer, unless every lane that does first meets all
// the others in one rendezvous. Buffers whose data carry their own order (an inline edge between
// writer and reader) ask for nothing, and neither do library kernels, which order themselves. The
// wait is fenced where a lane stores into another GPU's memory. A plan that is launched once waits
// for nothing either; what is measured and predicted is one of many.
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::models {

enum class LaunchOrder : std::uint8_t { none, relaxed, fenced };
LaunchOrder launch_order(const Plan& plan);

// Per op: it writes or reads data that carry their own order.
std::vector<bool> inline_ops(const Plan& plan);

// Whether the dependency of op `id` is a fenced flag of another rank; whether the op waits for one.
bool is_remote_fence(const Plan& plan, OpId id, const Dep& dep);
bool awaits_fence(const Plan& plan, OpId id);

// By op: the one before it on its lane has published with a fence, which the lane waits for, and
// the op itself waits for nobody's (whose fence passes at the same time).
std::vector<bool> behind_own_fence(const Plan& plan);

// By kernel: threads of all its sm lanes, and whether it stores anything (kernels of ours only).
std::vector<double> kernel_threads(const Plan& plan);
std::vector<bool> storing_kernels(const Plan& plan);

// By lane: the op that its launch comes before. Invalid: a lane without ops.
std::vector<OpId> first_ops(const Plan& plan);

}  // namespace twinlink::models
