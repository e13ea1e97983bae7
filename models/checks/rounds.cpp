#include "models/checks/rounds.h"

#include <algorithm>

namespace twinlink::models::checks {

std::vector<Round> rounds_of(const Plan& plan) {
  std::vector<Round> rounds(1);
  std::vector<std::size_t> taken(plan.buffers.size(), 0);  // first round where a buffer is free
  for (std::size_t c = 0; c < plan.claims.size(); ++c) {
    std::size_t round = 0;
    const Claim& claim = plan.claims[c];
    for (const auto& buffers : {claim.inputs, claim.outputs})
      for (const BufferId b : buffers) round = std::max(round, taken[b.index()]);
    for (const auto& buffers : {claim.inputs, claim.outputs})
      for (const BufferId b : buffers) taken[b.index()] = round + 1;
    if (round == rounds.size()) rounds.emplace_back();
    rounds[round].push_back(static_cast<std::int32_t>(c));
  }
  return rounds;
}

}  // namespace twinlink::models::checks
