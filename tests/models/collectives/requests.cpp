#include "tests/models/collectives/requests.h"

#include <numeric>

namespace twinlink::models::test {

CollectiveRequest request_of(Operation operation, int ranks, std::int64_t elements) {
  CollectiveRequest request;
  request.operation = operation;
  request.gpu_of_rank.resize(static_cast<std::size_t>(ranks));
  std::iota(request.gpu_of_rank.begin(), request.gpu_of_rank.end(), 0);
  request.bytes = {elements * 4};
  return request;
}

CollectiveRequest request_of(const Algorithm& algorithm, int ranks, std::int64_t elements) {
  CollectiveRequest request = request_of(algorithm.operation, ranks, elements);
  request.multicast = algorithm.needs == Needs::multicast;
  return request;
}

std::vector<Rank> ranks_of(std::initializer_list<int> ranks) {
  std::vector<Rank> all;
  for (const int r : ranks) all.emplace_back(r);
  return all;
}

Plan build(Operation operation, const std::string& algorithm, const CollectiveRequest& request) {
  const Algorithm& found = find_algorithm(operation, algorithm);
  CollectiveRequest granted = request;
  granted.multicast |= found.needs == Needs::multicast;
  return build_plan(found, granted);
}

}  // namespace twinlink::models::test
