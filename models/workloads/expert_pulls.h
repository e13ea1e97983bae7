#pragma once
// Which bytes a rank pulls before an MoE layer, from whom and in which order.
//
// Rank r of N holds experts [r prefetch, r prefetch + local) of every layer and pulls `prefetch`
// experts from each peer: of an earlier rank its first ones, of a later rank its last ones. That
// covers all E experts when (N-1) prefetch + local >= E; more is redundancy.
// Order of peers: fixed 0..N-1 without the own rank (so all aligned ranks pull from rank 0 first);
// rotated r+1, r+2, ...; random, drawn per rank and layer from the seed.
// slice 0: each tensor of a peer is one copy, peer after peer. Else tensor by tensor, slice by
// slice, the peers taking turns within a slice offset (time division).
// Source: the published runtime's default and its contention option; per-expert scalars (two
// 4-byte factors) are left out.
#include <cstdint>
#include <vector>

#include "models/workloads/transformer_shape.h"

namespace twinlink::models {

struct ExpertPlacement {
  std::int64_t local = 0;     // experts of each layer that a rank holds
  std::int64_t prefetch = 0;  // experts that it pulls from each peer
};

// As evenly as the coverage rule allows: prefetch = E / N rounded down, local = the rest.
ExpertPlacement even_placement(std::int64_t experts, std::int64_t ranks);

enum class PullOrder : std::uint8_t { fixed, rotated, random };

struct PullRules {
  PullOrder order = PullOrder::fixed;
  std::uint64_t seed = 1;  // of random orders
  Bytes slice;             // 0: whole tensors
  int in_flight = 1;       // copies of one rank that run at once, each on its own queue
  int buffers = 2;         // layers' worth of remote experts that a rank has room for
  int depth = 2;           // layers ahead that are asked for; at most `buffers`
  Duration submit;         // host's cost of handing a layer's batch of copies to the engines
};

// One copy: `bytes` from `offset` of a tensor of the experts pulled from `peer`.
struct Pull {
  std::int32_t peer = 0;
  std::int32_t tensor = 0;
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
};

// tensor_bytes: of all prefetched experts of one peer, by tensor.
std::vector<Pull> pulls_of(const PullRules& rules, const std::vector<std::int64_t>& tensor_bytes,
                           std::int32_t ranks, std::int32_t rank, std::int64_t layer);

// First expert, within what `peer` holds, that `rank` pulls from it.
std::int64_t first_pulled(const ExpertPlacement& placement, std::int32_t rank, std::int32_t peer);

}  // namespace twinlink::models
