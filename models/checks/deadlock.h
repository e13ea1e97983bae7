#pragma once
// Deadlocks, given the plan's rendezvous.
#include "models/checks/meetings.h"
#include "models/checks/proof.h"

namespace twinlink::models::checks {

// Precondition: the plan passes check_structure. Cost: O(ops and dependencies).
Proof deadlocks(const Plan& plan, const Meetings& meetings);

}  // namespace twinlink::models::checks
