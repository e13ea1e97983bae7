#pragma once
// Whether launches of a plan, one after the other, must wait for each other.
//
// A launch may start on one GPU while another GPU is still in the one before. It must wait for that
// where ops on several GPUs touch one written buffer, unless every lane that does first meets all
// the others in one rendezvous. Buffers whose data carry their own order (an inline edge between
// writer and reader) ask for nothing. A plan that is launched once waits for nothing either; what
// is measured and predicted is one of many.
#include "models/plan/plan.h"

namespace twinlink::models {

bool waits_for_last_launch(const Plan& plan);

}  // namespace twinlink::models
