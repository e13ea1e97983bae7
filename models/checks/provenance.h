#pragma once
// The provenance check on cells that other checks share.
#include "models/checks/cells.h"
#include "models/checks/proof.h"

namespace twinlink::models::checks {

// Precondition: `cells` are the plan's and not fragmented. Cost: one step per cell of each slice.
Proof provenance(const Plan& plan, const Cells& cells);

}  // namespace twinlink::models::checks
