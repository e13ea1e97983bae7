#pragma once
// A plan in which every library call is replaced by its definition: what the call must compute, as
// sums and copies that one rank does on all members' slices when the last member has arrived.
//
// For checks and the host executor, which walk ops in their order: the plan has no dependencies,
// and ops of members that are not the last of their call vanish.
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::models {

struct DefinedPlan {
  Plan plan;
  std::vector<OpId> origin;  // op of `plan` -> op of the plan with library calls
};

// Precondition: the plan passes check_deadlock (each call has all its members).
DefinedPlan define_library_calls(const Plan& plan);

}  // namespace twinlink::models
