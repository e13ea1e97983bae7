#include "models/workloads/expert_pulls.h"

#include <algorithm>
#include <utility>

#include "models/workloads/draws.h"

namespace twinlink::models {
namespace {

std::vector<std::int32_t> peers_in_order(const PullRules& rules, std::int32_t ranks,
                                         std::int32_t rank, std::int64_t layer) {
  std::vector<std::int32_t> peers;
  for (std::int32_t k = 0; k < ranks; ++k) {
    const std::int32_t peer = rules.order == PullOrder::rotated ? (rank + k) % ranks : k;
    if (peer != rank) peers.push_back(peer);
  }
  if (rules.order != PullOrder::random) return peers;
  Draws draws(part_of_seed(rules.seed, static_cast<std::uint64_t>(rank),
                           static_cast<std::uint64_t>(layer)));
  for (std::size_t left = peers.size(); left > 1; --left)
    std::swap(peers[left - 1], peers[draws.below(left)]);
  return peers;
}

}  // namespace

ExpertPlacement even_placement(std::int64_t experts, std::int64_t ranks) {
  const std::int64_t prefetch = ranks > 1 ? experts / ranks : 0;
  return {experts - (ranks - 1) * prefetch, prefetch};
}

std::vector<Pull> pulls_of(const PullRules& rules, const std::vector<std::int64_t>& tensor_bytes,
                           std::int32_t ranks, std::int32_t rank, std::int64_t layer) {
  const std::vector<std::int32_t> peers = peers_in_order(rules, ranks, rank, layer);
  std::vector<Pull> pulls;
  const auto tensors = static_cast<std::int32_t>(tensor_bytes.size());
  const auto size = [&](std::int32_t t) { return tensor_bytes[static_cast<std::size_t>(t)]; };
  if (rules.slice.count == 0) {
    for (const std::int32_t peer : peers)
      for (std::int32_t t = 0; t < tensors; ++t) pulls.push_back({peer, t, 0, size(t)});
    return pulls;
  }
  for (std::int32_t t = 0; t < tensors; ++t)
    for (std::int64_t offset = 0; offset < size(t); offset += rules.slice.count)
      for (const std::int32_t peer : peers)
        pulls.push_back({peer, t, offset, std::min(rules.slice.count, size(t) - offset)});
  return pulls;
}

std::int64_t first_pulled(const ExpertPlacement& placement, std::int32_t rank, std::int32_t peer) {
  return peer < rank ? 0 : placement.local - placement.prefetch;
}

}  // namespace twinlink::models
