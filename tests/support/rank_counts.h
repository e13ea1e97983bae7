#pragma once
// Numbers of ranks for tests that cover all of them.
//
// Every one in ordinary builds. Under the address sanitizer, where a plan costs ten times as much,
// those to 20, the neighbours of powers of two and the last few: it looks for wrong memory
// accesses, which do not depend on more. scripts/check runs these tests in a build of either kind.
#include <bit>
#include <vector>

namespace twinlink {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// first..130, ascending.
inline std::vector<int> rank_counts(int first = 1) {
  std::vector<int> counts;
  const auto is_power = [](int n) { return std::has_single_bit(static_cast<unsigned>(n)); };
  for (int ranks = first; ranks <= 130; ++ranks) {
    const bool near_power = is_power(ranks - 1) || is_power(ranks) || is_power(ranks + 1);
    if (!kSanitized || ranks <= 20 || ranks == 72 || ranks >= 129 || near_power)
      counts.push_back(ranks);
  }
  return counts;
}

// The largest that is tested.
inline constexpr int kMostRanks = kSanitized ? 144 : 576;

}  // namespace twinlink
