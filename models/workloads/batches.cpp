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
  const double filled = law.arrived + (1 - law.arrived) * draws.uniform();
  Batch batch;
  std::int64_t tokens = 0;
  for (std::int64_t place = 0; place < law.max_requests; ++place) {
    const std::int64_t length = draw_length(law, draws);
    tokens += length;
    if (tokens > law.max_tokens && place > 0) break;
    batch.lengths.push_back(length);
  }
  const double taken = std::ceil(filled * static_cast<double>(batch.lengths.size()));
  batch.lengths.resize(std::max<std::size_t>(1, static_cast<std::size_t>(taken)));
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
