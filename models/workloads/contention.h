#pragma once
// How many ranks pull from one source at once, when every rank pulls from a peer drawn at random.
//
// Law (synchronous slots): of the N-2 others, each chooses this rank's source with probability
// 1/(N-1), so degree - 1 is binomial: P(degree = 1 + k) = C(N-2, k) p^k (1-p)^(N-2-k), seen by a
// pulling rank. Mean 1 + (N-2)/(N-1). Source: arXiv 2604.01621, table 2. A plan's copies are not
// synchronous slots: they drift and stretch; what they give is another law.
#include <cstdint>
#include <vector>

namespace twinlink::models {

// By degree - 1. Precondition: ranks >= 2.
std::vector<double> contention_law(int ranks);

// The same by drawing: in each slot every rank picks one of its peers.
std::vector<double> draw_contention(int ranks, std::int64_t slots, std::uint64_t seed);

}  // namespace twinlink::models
