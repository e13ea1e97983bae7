#include "models/workloads/contention.h"

#include <cmath>

#include "models/workloads/draws.h"
#include "topology/error.h"

namespace twinlink::models {

std::vector<double> contention_law(int ranks) {
  TL_ENSURE(ranks >= 2, "a puller has a peer");
  const int others = ranks - 2;
  const double p = 1.0 / (ranks - 1);
  std::vector<double> law;
  double ways = 1;
  for (int k = 0; k <= others; ++k) {
    law.push_back(ways * std::pow(p, k) * std::pow(1 - p, others - k));
    ways = ways * (others - k) / (k + 1);
  }
  return law;
}

std::vector<double> draw_contention(int ranks, std::int64_t slots, std::uint64_t seed) {
  TL_ENSURE(ranks >= 2 && slots >= 1, "a puller has a peer");
  Draws draws(seed);
  const auto n = static_cast<std::size_t>(ranks);
  std::vector<double> seen(n - 1);
  std::vector<std::size_t> source(n), pullers(n);
  for (std::int64_t slot = 0; slot < slots; ++slot) {
    pullers.assign(n, 0);
    for (std::size_t r = 0; r < n; ++r) {
      source[r] = (r + 1 + draws.below(n - 1)) % n;
      ++pullers[source[r]];
    }
    for (std::size_t r = 0; r < n; ++r) seen[pullers[source[r]] - 1] += 1;
  }
  for (double& share : seen) share /= static_cast<double>(slots) * ranks;
  return seen;
}

}  // namespace twinlink::models
