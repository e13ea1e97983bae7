#pragma once
// Requests for the tests of builders.
#include "models/collectives/catalogue.h"

namespace twinlink::models::test {

// One group of `ranks`, one rank per GPU, fp32; with the machine that the algorithm needs.
CollectiveRequest request_of(const Algorithm& algorithm, int ranks, std::int64_t elements);
CollectiveRequest request_of(Operation operation, int ranks, std::int64_t elements);
std::vector<Rank> ranks_of(std::initializer_list<int> ranks);
Plan build(Operation operation, const std::string& algorithm, const CollectiveRequest& request);

}  // namespace twinlink::models::test
