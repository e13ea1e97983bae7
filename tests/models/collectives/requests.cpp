#include "tests/models/collectives/requests.h"

#include <numeric>

namespace twinlink::models::test {

CollectiveRequest request_of(Operation operation, int ranks, std::int64_t elements) {
  CollectiveRequest request;
  request.operation = operation;
  request.gpu_of_rank.resize(static_cast<std::size_t>(ranks));
  std::iota(request.gpu_of_rank.begin(), request.gpu_of_rank.end(), 0);
  request.bytes = {elements * 4};
  request.multicast = true;
  return request;
}

CollectiveRequest request_of(const Algorithm& algorithm, int ranks, std::int64_t elements) {
  return request_of(algorithm.operation, ranks, elements);
}

std::vector<Rank> ranks_of(std::initializer_list<int> ranks) {
  std::vector<Rank> all;
  for (const int r : ranks) all.emplace_back(r);
  return all;
}

Plan build(Operation operation, const std::string& algorithm, const CollectiveRequest& request) {
  return build_plan(find_algorithm(operation, algorithm), request);
}

}  // namespace twinlink::models::test
