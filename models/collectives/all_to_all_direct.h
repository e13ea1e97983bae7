#pragma once
// All-to-all, direct: every rank pushes block d of its input to member d, all blocks at once.
//
// One kernel per rank with one lane per block, so that no flow waits for another: first the right
// neighbour's, the own block (a local copy) last. More than kMostLanes CTAs would not fit on a GPU
// beside others, so of more blocks each lane pushes several, one after the other: ceil(P / 144)
// rounds over as few lanes as they take, in which all ranks send to the same distances. All lanes
// get the same number of CTAs: their share of request.shape.ctas, at least one. No barriers:
// outputs are read after the launch. Blocks: all_to_all_blocks.h; empty ones are skipped. bytes is
// the whole buffer of a rank, as in nccl-tests.
//
//   time = ceil((P-1) / L) alpha + b beta, L lanes (P for P <= 144), b = max(n - t, (P-1) s); s, t:
//   largest and smallest block; 0 for P = 1. With counts at least
//   alpha + b beta, b = the most that a member sends to others or receives from them: unequal
//   blocks leave ports idle.
// Source: the usual pairwise exchange with all pairs in flight.
#include "models/collectives/catalogue.h"

namespace twinlink::models {

inline constexpr std::int64_t kMostLanes = 144;
// Lanes of a rank among `members`.
std::int64_t all_to_all_lanes(std::int64_t members);

Plan build_all_to_all_direct(const CollectiveRequest& request);
AlgorithmCounts counts_all_to_all_direct(const CollectiveRequest& request);
double closed_form_all_to_all_direct(const CollectiveRequest& request, const AlphaBetaGamma& costs);
OpCounts plan_size_all_to_all_direct(const CollectiveRequest& request);

}  // namespace twinlink::models
