#include "models/workloads/expert_loads.h"

#include <algorithm>
#include <cmath>

#include "models/plan/claim.h"
#include "models/workloads/draws.h"

namespace twinlink::models {

std::vector<double> draw_loads(const LoadLaw& law, std::int64_t experts, std::int64_t layer) {
  Draws draws(part_of_seed(law.seed, static_cast<std::uint64_t>(layer), 0x10AD));
  const double power = 1 - law.alpha;
  const double top = std::pow(law.spread, power);
  std::vector<double> loads;
  double total = 0;
  for (std::int64_t e = 0; e < experts; ++e) {
    const double u = draws.uniform();
    const double x =
        std::abs(power) < 1e-9 ? std::pow(law.spread, u) : std::pow((top - 1) * u + 1, 1 / power);
    loads.push_back(x);
    total += x;
  }
  for (double& x : loads) x /= total;
  return loads;
}

std::vector<double> rank_shares(std::span<const double> loads, std::int64_t ranks) {
  std::vector<double> shares;
  for (std::int64_t r = 0; r < ranks; ++r) {
    const Share own = share(r, ranks, static_cast<std::int64_t>(loads.size()));
    double sum = 0;
    for (std::int64_t e = own.begin; e < own.begin + own.count; ++e)
      sum += loads[static_cast<std::size_t>(e)];
    shares.push_back(sum);
  }
  return shares;
}

double reach_probability(double share, std::int64_t experts, std::int64_t top_k) {
  const auto all = static_cast<double>(experts);
  double missed = 1;
  for (std::int64_t i = 0; i < top_k; ++i) {
    const auto taken = static_cast<double>(i);
    missed *= std::max(0.0, all * (1 - share) - taken) / (all - taken);
  }
  return 1 - missed;
}

}  // namespace twinlink::models
