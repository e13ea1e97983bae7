#pragma once
// When each op ran: the result of every executor, simulated or measured.
//
// Arrays are indexed by OpId. start: the op's first action (its launch gap or latency phase
// begins); end: completion, when dependents may go on. release: when its lane goes on; empty when
// it equals end for every op. Times are since the start of the run.
#include <cstdint>
#include <vector>

#include "topology/ids.h"
#include "topology/units.h"

namespace twinlink::models {

enum class Clock : std::uint8_t { none, simulated, measured };

struct Timeline {
  Clock clock = Clock::none;
  std::vector<Duration> start;
  std::vector<Duration> end;
  std::vector<Duration> release;

  [[nodiscard]] bool empty() const { return end.empty(); }
  [[nodiscard]] Duration makespan() const {
    Duration last;
    for (const Duration t : end) last = t < last ? last : t;
    return last;
  }
};

}  // namespace twinlink::models
