#pragma once
// Collectives as one NCCL call: one library op per member and nothing else.
//
// What it computes is the operation's definition; what NCCL does about it is decided when the plan
// is simulated (models/library/lower.h) or run. So the plan has no counts and no closed form.
// NCCL's reduce-scatter and all-gather deal equal shares only: ragged ones are beyond it. Refused:
// an all-to-all with counts, which NCCL has not as one call.
#include <string>

#include "models/collectives/catalogue.h"

namespace twinlink::models {

Plan build_nccl_call(const CollectiveRequest& request);
OpCounts plan_size_nccl_call(const CollectiveRequest& request);
AlgorithmCounts counts_nccl_call(const CollectiveRequest& request);
std::string beyond_nccl_call(const CollectiveRequest& request);
std::string refuses_nccl_call(const CollectiveRequest& request);

// The row "nccl" of an operation.
Algorithm nccl_row(Operation operation, std::string_view help);

}  // namespace twinlink::models
