#pragma once
// A timeline as Chrome trace event JSON (chrome://tracing, ui.perfetto.dev).
//
// One process a rank, one thread an engine slot: a lane, split into as many threads as it has ops
// under way at once, because viewers cannot show overlapping events of one thread. Each op is one
// complete event, ts = start and ts + dur = end in us with six digits, which is to the picosecond.
// Flows join the ends of dependencies that cross ranks; after kMaxFlows they are left out, and
// otherData says how many there are. otherData carries what it takes to make the trace again.
// Not here: link counters, releases (when a lane goes on before an op has completed).
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/plan/plan.h"
#include "models/timeline.h"

namespace twinlink::scenarios {

inline constexpr std::int64_t kMaxFlows = 20'000;

// Name and value of each line of otherData, e.g. {"version", "0.1.0"}.
using TraceFacts = std::vector<std::pair<std::string, std::string>>;

// Hands the text to `sink` in pieces. Precondition: one start and end per op of the plan.
void write_trace(const models::Plan& plan, const models::Timeline& timeline,
                 const TraceFacts& facts, const std::function<void(std::string_view)>& sink);

}  // namespace twinlink::scenarios
