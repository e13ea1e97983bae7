#include "realgpu/fused_boards.h"

#include <algorithm>
#include <utility>

#include "topology/error.h"

namespace twinlink::realgpu {

namespace {

// Banks are as far apart as allocations of their own would be.
constexpr std::int64_t aligned(std::int64_t bytes) { return (bytes + 511) / 512 * 512; }

}  // namespace

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
  for (const int device : devices) boards_.push_back({device, aligned(flags * 8), nullptr});
  std::vector<std::pair<Board*, std::int64_t>> banks;  // where on which board
  for (const InlineEdge& edge : schedule.scope.inline_edges) {
    Board& board = *std::ranges::find(boards_, plan.gpu_of(plan.rank_of(edge.reader)), &Board::gpu);
    banks.emplace_back(&board, board.bytes);
    board.bytes += aligned(
        2 * inline_bytes(inline_format(schedule.scope), memory.bytes(plan.slices[edge.read])));
  }
  if (memory.processes() == nullptr)
    place_here();
  else
    place_in_blocks(*memory.processes());
  for (std::size_t i = 0; i < banks.size(); ++i) {
    const InlineEdge& edge = schedule.scope.inline_edges[i];
    bank_of_slice_[edge.written] = bank_of_slice_[edge.read] =
        banks[i].first->address + banks[i].second;
  }
}

void FusedBoards::place_here() {
  for (Board& board : boards_) {
    owned_.emplace_back(board.gpu, board.bytes);
    owned_.back().fill(0);
    board.address = owned_.back().data();
  }
}

void FusedBoards::place_in_blocks(ProcessGpus& processes) {
  std::vector<std::int64_t> bytes(boards_.size());
  for (const Board& board : boards_)
    bytes[static_cast<std::size_t>(processes.process_of(board.gpu))] = board.bytes;
  processes.boards().reserve(bytes);
  for (Board& board : boards_) {
    board.address = processes.boards().of(processes.process_of(board.gpu));
    if (processes.is_here(board.gpu)) DeviceSpan{board.address, board.gpu, board.bytes}.fill(0);
  }
}

unsigned long long* FusedBoards::flags(LaneId lane, int device) const {
  const auto board = std::ranges::find(boards_, device, &Board::gpu);
  TL_ENSURE(board != boards_.end(), "every device of the plan has flags");
  return reinterpret_cast<unsigned long long*>(board->address) + first_flag_[lane.index()];
}

std::byte* FusedBoards::bank(std::size_t slice) const {
  const auto at = bank_of_slice_.find(slice);
  return at == bank_of_slice_.end() ? nullptr : at->second;
}

}  // namespace twinlink::realgpu
