#include "models/checks/cells.h"

#include <algorithm>
#include <limits>

#include "models/checks/cut_carrier.h"

namespace twinlink::models::checks {
namespace {

struct Use {
  std::int64_t slices = 0;
  std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
};

std::vector<Use> count_uses(const Plan& plan) {
  std::vector<Use> uses(plan.buffers.size());
  for (const Slice& slice : plan.slices) {
    if (slice.size.count == 0) continue;
    Use& use = uses[slice.buffer.index()];
    ++use.slices;
    use.smallest = std::min(use.smallest, slice.size.count);
  }
  return uses;
}

// Enough slots that boundaries at least one smallest slice apart never share one, within reason.
std::int64_t slots_of(const Use& use, std::int64_t size) {
  if (use.slices == 0 || size == 0) return 1;
  return std::min(size / use.smallest + 1, 2 * use.slices + 2);
}

}  // namespace

Cells::Cells(const Plan& plan) {
  cut(plan, {});
  locate(plan);
  if (fragmented_) return;
  CutCarrier carrier(plan, *this);
  fragmented_ = carrier.run();
  if (fragmented_ || carrier.cuts().empty()) return;
  const std::vector<Cut> carried(carrier.cuts().begin(), carrier.cuts().end());
  cut(plan, carried);
  locate(plan);
}

std::size_t Cells::lay_grids(const Plan& plan) {
  const std::vector<Use> uses = count_uses(plan);
  grids_.assign(plan.buffers.size(), {});
  std::size_t total = 0;
  for (std::size_t b = 0; b < plan.buffers.size(); ++b) {
    const std::int64_t size = plan.buffers[b].size.count;
    const std::int64_t slots = slots_of(uses[b], size);
    grids_[b] = {total, size == 0 ? 0 : static_cast<double>(slots) / static_cast<double>(size)};
    total += static_cast<std::size_t>(slots) + 1;
  }
  return total;
}

void Cells::collect(const Plan& plan, std::vector<std::int64_t>& slots,
                    std::vector<Cut>& spilled) const {
  const auto insert = [&](BufferId buffer, std::int64_t offset) {
    std::int64_t& held = slots[grids_[buffer.index()].slot(offset)];
    if (held == offset) return;
    if (held < 0)
      held = offset;
    else
      spilled.emplace_back(buffer, offset);
  };
  for (std::size_t b = 0; b < plan.buffers.size(); ++b) {
    insert(BufferId{b}, 0);
    insert(BufferId{b}, plan.buffers[b].size.count);
  }
  for (const Slice& slice : plan.slices) {
    if (slice.size.count == 0) continue;
    insert(slice.buffer, slice.offset.count);
    insert(slice.buffer, slice.offset.count + slice.size.count);
  }
}

void Cells::cut(const Plan& plan, std::span<const Cut> carried) {
  const std::size_t total = lay_grids(plan);
  std::vector<std::int64_t> slots(total, -1);
  std::vector<Cut> spilled(carried.begin(), carried.end());
  collect(plan, slots, spilled);
  std::sort(spilled.begin(), spilled.end());
  slot_cells_.assign(total, 0);
  first_.clear();
  begin_.clear();
  auto next = spilled.begin();
  const auto append = [&](std::int64_t offset) {
    if (begin_.size() == first_.back() || begin_.back() != offset) begin_.push_back(offset);
  };
  for (std::size_t b = 0; b < plan.buffers.size(); ++b) {
    first_.push_back(static_cast<std::uint32_t>(begin_.size()));
    const std::size_t end = b + 1 < grids_.size() ? grids_[b + 1].first_slot : total;
    for (std::size_t s = grids_[b].first_slot; s < end; ++s) {
      if (slots[s] < 0) continue;
      for (; next != spilled.end() && *next < Cut{BufferId{b}, slots[s]}; ++next)
        append(next->second);
      append(slots[s]);
      slot_cells_[s] = static_cast<std::uint32_t>(begin_.size() - 1);
    }
    for (; next != spilled.end() && next->first == BufferId{b}; ++next) append(next->second);
  }
  first_.push_back(static_cast<std::uint32_t>(begin_.size()));
}

std::uint32_t Cells::find(BufferId buffer, std::int64_t offset) const {
  const auto first = begin_.begin() + first_[buffer.index()];
  const auto last = begin_.begin() + first_[buffer.index() + 1];
  return static_cast<std::uint32_t>(std::lower_bound(first, last, offset) - begin_.begin());
}

void Cells::locate(const Plan& plan) {
  ranges_.assign(plan.slices.size(), {});
  std::int64_t visits = 0;
  for (std::size_t i = 0; i < plan.slices.size(); ++i) {
    const Slice& slice = plan.slices[i];
    if (slice.size.count == 0) continue;
    const std::int64_t begin = slice.offset.count;
    const std::int64_t end = begin + slice.size.count;
    std::uint32_t first = slot_cells_[grids_[slice.buffer.index()].slot(begin)];
    if (begin_[first] != begin) first = find(slice.buffer, begin);
    const std::uint32_t next = begin_[first + 1] == end ? first + 1 : find(slice.buffer, end);
    ranges_[i] = {first, next - first};
    visits += next - first;
  }
  if (visits <= kMaxCellVisits) return;
  fragmented_ = plan.ops.empty() ? OpId{} : OpId{plan.ops.size() - 1};
}

bool Cells::is_cut(BufferId buffer, std::int64_t offset) const {
  const std::uint32_t cell = find(buffer, offset);
  return cell < first_[buffer.index() + 1] && begin_[cell] == offset;
}

BufferId Cells::buffer_of(std::uint32_t cell) const {
  const auto after = std::upper_bound(first_.begin(), first_.end(), cell);
  return BufferId{static_cast<std::size_t>(after - first_.begin()) - 1};
}

}  // namespace twinlink::models::checks
