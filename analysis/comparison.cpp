#include "analysis/comparison.h"

#include "topology/error.h"

namespace twinlink::analysis {
namespace {

Change change_of(const Comparison& c, double threshold) {
  const double above = 1 + threshold, below = 1 / above;
  if (c.high < below) return Change::faster;
  if (c.low > above) return Change::slower;
  return c.low >= below && c.high <= above ? Change::same : Change::unclear;
}

void check(const Timing& t) {
  TL_ENSURE(t.time > 0 && t.p10.value_or(t.time) > 0, "a time that is compared is positive");
  TL_ENSURE(t.p10.value_or(t.time) <= t.time && t.time <= t.p90.value_or(t.time),
            "a time lies between its percentiles");
}

}  // namespace

std::string_view name_of(Change change) {
  switch (change) {
    case Change::faster: return "faster";
    case Change::slower: return "slower";
    case Change::same: return "same";
    case Change::unclear: return "unclear";
  }
  return "unclear";
}

Comparison compare(const Timing& a, const Timing& b, double threshold) {
  TL_ENSURE(threshold >= 0, "a threshold is not negative");
  check(a), check(b);
  Comparison out;
  out.ratio = b.time / a.time;
  out.low = b.p10.value_or(b.time) / a.p90.value_or(a.time);
  out.high = b.p90.value_or(b.time) / a.p10.value_or(a.time);
  out.change = change_of(out, threshold);
  return out;
}

}  // namespace twinlink::analysis
