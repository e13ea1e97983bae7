#include "realgpu/fused_boards.h"

#include "topology/error.h"

namespace twinlink::realgpu {

InlineFormat inline_format(const FusedScope& scope) {
  if (scope.inline_edges.empty()) return InlineFormat::none;
  return scope.inline_kind == models::Edge::inline_ll128 ? InlineFormat::ll128 : InlineFormat::ll;
}

FusedBoards::FusedBoards(const models::Plan& plan, const FusedSchedule& schedule,
                         const PlanMemory& memory, const std::vector<int>& devices) {
  std::int64_t flags = 0;
  for (const models::Lane& lane : plan.lanes) {
    first_flag_.push_back(flags);
    flags += (lane.ctas + 15) / 16 * 16;  // a lane's flags share no line with another's
  }
  for (const int device : devices) {
    flags_.emplace_back(device, flags * 8);
    flags_.back().fill(0);
  }
  for (const InlineEdge& edge : schedule.scope.inline_edges) {
    const std::int64_t bytes =
        2 * inline_bytes(inline_format(schedule.scope), memory.bytes(plan.slices[edge.read]));
    banks_.emplace_back(plan.gpu_of(plan.rank_of(edge.reader)), bytes);
    banks_.back().fill(0);
    bank_of_slice_[edge.written] = bank_of_slice_[edge.read] = banks_.back().data();
  }
}

unsigned long long* FusedBoards::flags(LaneId lane, int device) const {
  for (const DeviceBuffer& buffer : flags_)
    if (buffer.device() == device)
      return reinterpret_cast<unsigned long long*>(buffer.data()) + first_flag_[lane.index()];
  TL_ENSURE(false, "every device of the plan has flags");
  return nullptr;
}

std::byte* FusedBoards::bank(std::size_t slice) const {
  const auto at = bank_of_slice_.find(slice);
  return at == bank_of_slice_.end() ? nullptr : at->second;
}

}  // namespace twinlink::realgpu
