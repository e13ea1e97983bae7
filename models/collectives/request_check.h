#pragma once
// Everything that can be wrong with a request, before a plan of it is built.
//
// Throws one InputError with all issues, in the order: operation, ranks, groups, sizes, shape, and
// last the size of the plan against kPlanLimits. Pointers are the request's own fields: /ranks,
// /groups/i/j, /bytes, /params/heads, /shape/ctas ...
#include "models/collectives/catalogue.h"

namespace twinlink::models {

// More than any memory; sums of sizes over ranks still fit 64 bits.
inline constexpr Bytes kMaxRequestBytes{std::int64_t{1} << 50};

void check_request(const Algorithm& algorithm, const CollectiveRequest& request);

}  // namespace twinlink::models
