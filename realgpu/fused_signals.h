#pragma once
// Where copy lanes and the other lanes of a fused plan tell each other: one word per lane on every
// GPU, and per step of an sm lane a counter of the blocks that have ended it.
//
// Stream memory operations wait for, and write, constants, also in a captured graph. So signals
// count launches within one issue: index * stride + step + 1 for launch `index`, from 1. reset()
// sets them to 0 at the beginning of an issue, when nothing that uses them runs; one more write,
// behind its fence, ends it, so that no late 0 takes a signal away. Counters grow for
// ever; a block is the last one when the count is a multiple of the lane's blocks.
#include <optional>
#include <vector>

#include "realgpu/device_buffer.h"
#include "realgpu/fused_schedule.h"
#include "realgpu/stream_memory.h"

namespace twinlink::realgpu {

class FusedSignals {
 public:
  FusedSignals(const models::Plan& plan, const FusedSchedule& schedule,
               const std::vector<int>& devices);

  // Whether the plan has copy lanes with ops.
  [[nodiscard]] bool any() const { return !words_.empty(); }
  // Of `lane`, in the memory of `device`.
  [[nodiscard]] unsigned long long* word(LaneId lane, int device) const;
  // Of a step of an sm lane, on its own GPU.
  [[nodiscard]] unsigned long long* counter(LaneId lane, std::uint32_t position) const;
  void reset(const Stream& stream) const;

 private:
  [[nodiscard]] unsigned long long* on(const std::vector<DeviceBuffer>& buffers, int device) const;

  const models::Plan& plan_;
  std::vector<std::int64_t> first_counter_;  // per lane
  std::vector<DeviceBuffer> words_, counters_;
  std::optional<DeviceBuffer> fence_;  // a word that nobody reads
  StreamMemory zeros_;
};

}  // namespace twinlink::realgpu
