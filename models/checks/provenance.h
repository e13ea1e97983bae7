#pragma once
// The provenance check on cells that other checks share.
#include "models/checks/cells.h"
#include "models/checks/proof.h"

namespace twinlink::models::checks {

// Precondition: `cells` are the plan's and not fragmented. Cost: one step per cell of each slice.
// In place of another plan (definition_plan.h): findings name that plan's ops; none: the plan's
// own.
struct NamedAfter {
  const Plan* plan = nullptr;
  const std::vector<OpId>* origin = nullptr;
};
Proof provenance(const Plan& plan, const Cells& cells, const NamedAfter& named = {});

}  // namespace twinlink::models::checks
