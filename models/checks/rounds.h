#pragma once
// Which claims one walk over the plan can check together: no two of them share a buffer. So of
// claims that feed on each other or on the same input each is checked in a walk of its own.
#include <cstdint>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::models::checks {

using Round = std::vector<std::int32_t>;  // indices of claims

// At least one, perhaps empty.
std::vector<Round> rounds_of(const Plan& plan);

}  // namespace twinlink::models::checks
