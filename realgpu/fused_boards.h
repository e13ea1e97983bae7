#pragma once
// Where the lanes of a fused plan tell each other: per GPU the flags of every block of every lane,
// and the two banks of each inline slice, on its reader's GPU. All zero at first. With several
// processes each clears its own GPU's; the constructor is a collective then.
#include <map>
#include <vector>

#include "realgpu/fused_device.h"
#include "realgpu/fused_schedule.h"
#include "realgpu/plan_memory.h"

namespace twinlink::realgpu {

InlineFormat inline_format(const FusedScope& scope);

class FusedBoards {
 public:
  FusedBoards(const models::Plan& plan, const FusedSchedule& schedule, const PlanMemory& memory,
              const std::vector<int>& devices);

  // Of block 0 of `lane`, in the memory of `device`.
  [[nodiscard]] unsigned long long* flags(LaneId lane, int device) const;
  // First bank of an inline slice (index into plan.slices); null: it is not inline.
  [[nodiscard]] std::byte* bank(std::size_t slice) const;

 private:
  // One GPU's: flags, then banks.
  struct Board {
    int gpu;
    std::int64_t bytes;
    std::byte* address;
  };
  void place_here();
  void place_in_blocks(ProcessGpus& processes);

  std::vector<std::int64_t> first_flag_;  // per lane
  std::vector<Board> boards_;
  std::vector<DeviceBuffer> owned_;
  std::map<std::size_t, std::byte*> bank_of_slice_;
};

}  // namespace twinlink::realgpu
