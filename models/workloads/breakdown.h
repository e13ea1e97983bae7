#pragma once
// Where the time of a run went, category by category, rank by rank: sums over a timeline.
//
// Compute ops count under their kernel's name; copies of an sm lane are communication (the kernel
// does nothing else meanwhile). total: end of the rank's last sm op. waiting: total less all that
// ran on the rank's sm lanes: barriers, experts that have not landed, launch gaps. overlapped:
// time in which at least one copy of the rank's copy queues was under way; not part of the total.
// beside: how much of a category's time that was.
#include <map>
#include <string>
#include <vector>

#include "models/plan/plan.h"
#include "models/timeline.h"

namespace twinlink::models {

struct RankBreakdown {
  std::map<std::string, Duration> categories, beside;
  Duration waiting, overlapped, total;
  [[nodiscard]] Duration of(const std::string& category) const {
    const auto at = categories.find(category);
    return at == categories.end() ? Duration{} : at->second;
  }
};

// One sm lane per rank counts: the first. Precondition: one entry per op in the timeline.
std::vector<RankBreakdown> break_down(const Plan& plan, const Timeline& timeline);

}  // namespace twinlink::models
