#pragma once
// Two times of one thing: which is shorter, and how surely.
//
//   ratio      b / a (below 1: b is faster)
//   interval   [b.p10 / a.p90, b.p90 / a.p10]: what the ratio of two single runs can be said to be.
//              A time without samples (a simulated one) is exact: its p10 and p90 are the time.
//   faster     the whole interval lies below 1 / (1 + threshold); slower: above 1 + threshold;
//   same       inside these two bounds, which belong to it; unclear: across one of them.
// So faster and slower swap when a and b do, and two exact times are never unclear. The interval is
// wider than one of the medians would be: results hold percentiles, not every sample.
// Times are positive with p10 <= time <= p90 and the threshold is not negative (TL_ENSURE).
#include <cstdint>
#include <optional>
#include <string_view>

namespace twinlink::analysis {

struct Timing {
  double time = 0;
  std::optional<double> p10, p90;
};

enum class Change : std::uint8_t { faster, slower, same, unclear };
std::string_view name_of(Change change);

struct Comparison {
  double ratio = 1, low = 1, high = 1;
  Change change = Change::same;
};

// threshold: 0.02 for 2 %.
Comparison compare(const Timing& a, const Timing& b, double threshold);

}  // namespace twinlink::analysis
