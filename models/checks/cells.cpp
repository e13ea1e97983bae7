#include "models/checks/cells.h"

#include <algorithm>
#include <limits>

#include "models/checks/cut_carrier.h"
#include "models/checks/op_parts.h"

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

Cells::Cells(const Plan& plan, const CellLimits& limits) {
  lay_grids(plan);
  collect(plan);
  cut(plan, {});
  locate(plan);
  if (!plain_ && visits_ <= limits.visits) carry_cuts(plan, limits);
  if (visits_ > limits.visits) fragmented_ = OpId{plan.ops.size() - 1};
  slots_ = {};
}

// Cuts again, with the cuts that ops carry over.
void Cells::carry_cuts(const Plan& plan, const CellLimits& limits) {
  CutCarrier carrier(plan, *this, limits.carry_steps);
  fragmented_ = carrier.run();
  if (fragmented_ || carrier.cuts().empty()) return;
  const std::vector<Cut> carried(carrier.cuts().begin(), carrier.cuts().end());
  collect(plan);
  cut(plan, carried);
  locate(plan);
}

void Cells::lay_grids(const Plan& plan) {
  const std::vector<Use> uses = count_uses(plan);
  std::size_t total = 0;
  for (std::size_t b = 0; b < plan.buffers.size(); ++b) {
    const std::int64_t size = plan.buffers[b].size.count;
    const std::int64_t slots = slots_of(uses[b], size);
    const double scale = size == 0 ? 0 : static_cast<double>(slots) / static_cast<double>(size);
    grids_.push_back({total, scale});
    total += static_cast<std::size_t>(slots) + 1;
  }
  grids_.push_back({total, 0});
}

void Cells::collect(const Plan& plan) {
  slots_.assign(grids_.back().first_slot, Slot{});
  ranges_.resize(plan.slices.size());
  spilled_.clear();
  for (std::size_t i = 0; i < plan.slices.size(); ++i) {
    const Slice& slice = plan.slices[i];
    fetch_slot(plan, i + kFetchAhead);
    ranges_[i] = {};
    if (slice.size.count == 0) continue;
    const std::size_t index = grids_[slice.buffer.index()].slot(slice.offset.count);
    Slot& slot = slots_[index];
    if (slot.size == 0) slot = {slice.offset.count, slice.size.count};
    ranges_[i] = {static_cast<std::uint32_t>(index), 1, 0};
    if (slot.offset == slice.offset.count && slot.size == slice.size.count) continue;
    spilled_.push_back(static_cast<std::uint32_t>(i));
  }
}

void Cells::cut(const Plan& plan, std::span<const Cut> carried) {
  std::vector<Cut> others(carried.begin(), carried.end());
  for (const std::uint32_t i : spilled_) {
    const Slice& slice = plan.slices[i];
    others.emplace_back(slice.buffer, slice.offset.count);
    others.emplace_back(slice.buffer, slice.offset.count + slice.size.count);
  }
  std::sort(others.begin(), others.end());
  first_.clear();
  begin_.clear();
  begin_.reserve(slots_.size() + others.size() + plan.buffers.size());
  auto other = others.begin();
  for (std::size_t b = 0; b < plan.buffers.size(); ++b) {
    const auto first = static_cast<std::ptrdiff_t>(begin_.size());
    first_.push_back(static_cast<std::uint32_t>(first));
    begin_.push_back(0);
    append_slots(b);
    for (; other != others.end() && other->first == BufferId{b}; ++other)
      begin_.push_back(other->second);
    begin_.push_back(plan.buffers[b].size.count);
    if (!std::is_sorted(begin_.begin() + first, begin_.end()))
      std::sort(begin_.begin() + first, begin_.end());
    begin_.erase(std::unique(begin_.begin() + first, begin_.end()), begin_.end());
  }
  first_.push_back(static_cast<std::uint32_t>(begin_.size()));
}

// Both ends of all slices in slots; shares that follow each other give each end once.
void Cells::append_slots(std::size_t buffer) {
  for (std::size_t s = grids_[buffer].first_slot; s < grids_[buffer + 1].first_slot; ++s) {
    const Slot& slot = slots_[s];
    if (slot.size == 0) continue;
    if (begin_.back() != slot.offset) begin_.push_back(slot.offset);
    begin_.push_back(slot.offset + slot.size);
  }
}

std::uint32_t Cells::find(BufferId buffer, std::int64_t offset) const {
  const auto first = begin_.begin() + first_[buffer.index()];
  const auto last = begin_.begin() + first_[buffer.index() + 1];
  return static_cast<std::uint32_t>(std::lower_bound(first, last, offset) - begin_.begin());
}

// Precondition: cell `first` begins at the slot's offset.
CellRange Cells::range_of(BufferId buffer, const Slot& slot, std::uint32_t first) const {
  const std::int64_t end = slot.offset + slot.size;
  const std::uint32_t next = begin_[first + 1] == end ? first + 1 : find(buffer, end);
  return {first, (next - first) & 0x7FFF'FFFF, 0};
}

void Cells::locate(const Plan& plan) {
  LargeVector<CellRange> of_slot(slots_.size());
  for (std::size_t b = 0; b < plan.buffers.size(); ++b) {
    std::uint32_t cell = first_[b];
    for (std::size_t s = grids_[b].first_slot; s < grids_[b + 1].first_slot; ++s) {
      if (slots_[s].size == 0) continue;
      while (begin_[cell] < slots_[s].offset) ++cell;
      of_slot[s] = range_of(BufferId{b}, slots_[s], cell);
      of_slot[s].writable = may_write(plan.buffers[b].role);
    }
  }
  visits_ = 0;
  std::uint32_t most = 0;  // cells of one slice
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    if (i + kFetchAhead < ranges_.size())
      __builtin_prefetch(&of_slot[ranges_[i + kFetchAhead].first]);
    if (ranges_[i].count != 0) ranges_[i] = of_slot[ranges_[i].first];
    visits_ += ranges_[i].count;
    most |= ranges_[i].count;
  }
  plain_ = most <= 1 && spilled_.empty();
  for (const std::uint32_t i : spilled_) {
    const Slice& slice = plan.slices[i];
    const std::uint32_t first = find(slice.buffer, slice.offset.count);
    visits_ -= ranges_[i].count;
    ranges_[i] = range_of(slice.buffer, {slice.offset.count, slice.size.count}, first);
    ranges_[i].writable = may_write(plan.buffer(slice.buffer).role);
    visits_ += ranges_[i].count;
  }
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
