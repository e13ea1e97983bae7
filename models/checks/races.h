#pragma once
// The race check on cells that other checks share.
#include "models/checks/cells.h"
#include "models/checks/proof.h"

namespace twinlink::models::checks {

// Precondition: `cells` are the plan's and not fragmented; the plan passes check_deadlock. Cost:
// one step per cell of each slice and per pair of a write and a reader before it, plus the searches
// of Order for pairs whose order is not plain.
Proof races(const Plan& plan, const Cells& cells);

}  // namespace twinlink::models::checks
