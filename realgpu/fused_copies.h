#pragma once
// The copy lanes of a fused plan: one stream each, beside the launches. An op is: wait for the
// signals of what it needs, copy, raise the lane's own signal (fused_signals.h), all by stream
// memory operations and copy engines.
//
// Order. issue() puts the steps of one launch on the streams in an order in which whatever a step
// waits for was issued before it, or is a kernel's that was. So streams which share a hardware
// queue do not wait for work behind themselves. Operations of a stream with no copy between them go
// together, as far as that order allows, because each batch takes a microsecond or more.
//
// Memory. A wait ends after the fence of the block that raised the signal; a write comes after the
// copies before it and a system-wide fence. The driver picks the engine; between GPUs that is a
// copy engine, within one it may be a kernel, which needs room beside the fused launch.
//
// Errors: UnsupportedError for an op that copies nothing; GpuError.
#include <vector>

#include "realgpu/event.h"
#include "realgpu/fused_signals.h"
#include "realgpu/plan_memory.h"
#include "realgpu/stamps.h"

namespace twinlink::realgpu {

class FusedCopies {
 public:
  // Keeps references to all four.
  FusedCopies(const models::Plan& plan, const FusedSchedule& schedule, const PlanMemory& memory,
              const FusedSignals& signals);

  [[nodiscard]] bool on(int device) const;
  // Operations that are not on their streams yet, by copy lane.
  using Open = std::vector<StreamMemory>;
  [[nodiscard]] Open fork(const Event& forked) const;
  // Launch number `index` of an issue, from 1; `stamps` may be null.
  void issue(std::uint64_t index, const Stamps* stamps, Open& open) const;
  void join(const Stream& origin, Open& open) const;

 private:
  struct Place {
    std::size_t lane, step;  // index into lanes_, position
  };
  struct Lane {
    Lane(LaneId of, int device) : id(of), stream(device), ended(device) {}
    LaneId id;
    Stream stream;
    Event ended;
  };
  void place_steps();
  void load_kernels() const;
  void issue_step(const Place& place, std::uint64_t index, const Stamps* stamps, Open& open) const;
  void add_waits(std::size_t lane, const std::vector<LaneWait>& waits, std::uint64_t index,
                 Open& open) const;
  void close(std::size_t lane, Open& open) const;
  void copy(OpId op, const Stream& stream, const Stamps* stamps) const;

  const models::Plan& plan_;
  const FusedSchedule& schedule_;
  const PlanMemory& memory_;
  const FusedSignals& signals_;
  std::vector<Lane> lanes_;
  std::vector<std::size_t> lane_of_;  // per lane of the plan: index into lanes_, or their number
  std::vector<Place> order_;
};

}  // namespace twinlink::realgpu
