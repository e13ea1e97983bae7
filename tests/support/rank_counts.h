#pragma once
// Numbers of ranks of the tests that walk many, and what the sanitized build leaves out.
//
// An ordinary build walks all of them. Under the address sanitizer, where a plan costs ten times as
// much, they are a sample: it looks for wrong memory accesses, and those come with the shape of a
// number (small, beside a power of two, prime, one with uneven groups, one beyond two words of
// members and one round of lanes), not with each number. scripts/check runs every test that
// includes this header in the optimised build too, where nothing is left out: CMake gives their
// programs the label `thinned` (cmake/TwinlinkTargets.cmake).
#include <initializer_list>
#include <vector>

namespace twinlink {

// Set by CMake where TL_SANITIZE is: g++ and clang say it in different ways.
#ifdef TL_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Whether the sample to 65 has it.
inline bool in_sample(int ranks) {
  return ranks <= 9 || ranks == 13 || ranks == 16 || ranks == 17 || ranks == 33 || ranks == 65;
}

// first..last, ascending; sanitized those in the sample.
inline std::vector<int> rank_counts(int first = 1, int last = 130) {
  std::vector<int> counts;
  for (int ranks = first; ranks <= last; ++ranks)
    if (!kSanitized || in_sample(ranks)) counts.push_back(ranks);
  return counts;
}

// Beyond that: two racks and eight. Sanitized one that has three words of members and two rounds
// of lanes, as 576 has nine and four.
inline std::vector<int> large_rank_counts() {
  return kSanitized ? std::vector{150} : std::vector{144, 576};
}

// The given numbers; sanitized those of at most 33 ranks.
inline std::vector<int> some_rank_counts(std::initializer_list<int> given) {
  std::vector<int> counts;
  for (const int ranks : given)
    if (!kSanitized || ranks <= 33) counts.push_back(ranks);
  return counts;
}

}  // namespace twinlink
