#pragma once
// The two halves of the structure check: the tables of a plan, then its ops.
#include "models/checks/proof.h"

namespace twinlink::models::checks {

// Groups, buffers, kernels, lanes, rendezvous and claims. Findings name no op.
Proof table_structure(const Plan& plan);
// Ops, slices and dependencies. Precondition: the tables are right.
Proof op_structure(const Plan& plan);
// Members, sizes and element types of library calls, by the definition of their operations.
Proof library_structure(const Plan& plan);

}  // namespace twinlink::models::checks
