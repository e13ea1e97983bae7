#include "models/workloads/batches.h"

#include <algorithm>
#include <cmath>

#include "models/workloads/draws.h"

namespace twinlink::models {
namespace {

std::int64_t draw_length(const RequestLaw& law, Draws& draws) {
  const auto longest = static_cast<double>(law.isl);
  const double length = longest * (law.ratio + (1 - law.ratio) * draws.uniform());
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(length)));
}

Batch draw_batch(const RequestLaw& law, Draws draws) {
  Batch batch;
  std::int64_t tokens = 0, first = 0;
  for (std::int64_t place = 0; place < law.max_requests; ++place) {
    const std::int64_t length = draw_length(law, draws);
    const bool arrived = draws.uniform() < law.occupancy;
    tokens += length;
    if (tokens > law.max_tokens && place > 0) break;
    if (place == 0) first = length;
    if (arrived) batch.lengths.push_back(length);
  }
  if (batch.lengths.empty()) batch.lengths.push_back(first);
  return batch;
}

}  // namespace

std::vector<std::vector<Batch>> draw_batches(const RequestLaw& law, std::int64_t forwards,
                                             std::int64_t ranks) {
  std::vector<std::vector<Batch>> result;
  for (std::int64_t f = 0; f < forwards; ++f) {
    std::vector<Batch>& of_ranks = result.emplace_back();
    for (std::int64_t r = 0; r < ranks; ++r)
      of_ranks.push_back(draw_batch(law, Draws(part_of_seed(law.seed, static_cast<std::uint64_t>(f),
                                                            static_cast<std::uint64_t>(r)))));
  }
  return result;
}

}  // namespace twinlink::models
