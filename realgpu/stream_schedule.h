#pragma once
// How a plan becomes work on streams: in which order the host issues the ops, and which edges need
// an event. Pure host logic, no CUDA.
//
// One stream a lane, so edges within a lane are free. An edge to another lane needs an event,
// unless the waiting lane already waited for that op or for a later one of the same lane. The order
// is topological, smallest id first; the members of a rendezvous or of a library call stand next to
// each other, when the last of them can arrive. A plan that cannot be ordered is an InputError
// naming a stuck op.
#include <cstdint>
#include <span>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::realgpu {

struct StreamSchedule {
  std::vector<OpId> order;
  std::vector<std::uint32_t> first_wait;    // per op, into waits; one more than ops
  std::vector<OpId> waits;                  // ops of other lanes to wait for
  std::vector<std::uint8_t> recorded;       // per op: another lane waits for it
  std::vector<OpId> last_of_lane;           // per lane; invalid: the lane has no op
  std::vector<std::vector<OpId>> arrivals;  // per rendezvous, ascending
  std::vector<std::vector<OpId>> calls;     // per library call, ascending
  [[nodiscard]] std::span<const OpId> waits_of(OpId id) const {
    const std::size_t first = first_wait[id.index()];
    return std::span(waits).subspan(first, first_wait[id.index() + 1] - first);
  }
};

StreamSchedule make_stream_schedule(const models::Plan& plan);

}  // namespace twinlink::realgpu
