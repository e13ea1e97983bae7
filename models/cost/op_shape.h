#pragma once
// What of an op its traffic depends on.
#include "models/plan/plan.h"

namespace twinlink::models {

// The edge that the op's data carry inline; flag_relaxed: they do not.
Edge inline_edge(const Plan& plan, OpId id);

// Two ops of one lane that move as many bytes between the same buffers in the same way: they differ
// in offsets, decays and whom they wait for.
bool same_shape(const Plan& plan, OpId a, OpId b);

}  // namespace twinlink::models
