#pragma once
// Cuts every buffer into cells: the finest byte ranges that any op treats alike.
//
// Boundaries are the ends of all slices (empty slices have none), plus, where an op copies or folds
// a source that is cut into a destination that is not, the source's cuts carried over. So at the
// time of every op, a cell of a destination never spans two different contents.
// How: a buffer's length is divided into equal slots, one per smallest slice, and a slice goes to
// the slot of its first byte; so collecting the distinct slices almost sorts them. Slices that meet
// another one in their slot spill into a list and are located by binary search; evenly dealt shares
// never spill.
// A plan past CellLimits is too fragmented to prove: see fragmented().
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/checks/large_vector.h"
#include "models/checks/op_parts.h"

namespace twinlink::models::checks {

// Seconds of work each.
struct CellLimits {
  std::int64_t visits = std::int64_t{1} << 29;       // cells of all slices, summed
  std::int64_t carry_steps = std::int64_t{1} << 25;  // cuts looked at to carry them over
};

// Trivial, so that tables of it need not be cleared; write CellRange{}.
struct CellRange {
  std::uint32_t first;
  std::uint32_t count : 31;
  std::uint32_t writable : 1;  // of a buffer that a plan may write
};

// A boundary inside a buffer.
using Cut = std::pair<BufferId, std::int64_t>;

class Cells {
 public:
  // Precondition: the plan passes check_structure.
  explicit Cells(const Plan& plan, const CellLimits& limits = {});

  // One more than the largest cell index (a few indices between buffers belong to no cell).
  [[nodiscard]] std::size_t size() const { return begin_.size(); }
  [[nodiscard]] CellRange of_slice(std::size_t slice) const { return ranges_[slice]; }
  // Slices between the one at work and the one whose table entry is fetched.
  static constexpr std::size_t kFetchAhead = 64;
  // Fetches what `table` holds of the cells of the next op's slices, some ops ahead: consecutive
  // ops work on different ranks, so each of their cells is a cache miss of its own.
  // Always inline: GCC takes a function that only prefetches for one without effect.
  template <class T>
  [[gnu::always_inline]] void fetch_ahead(const OpParts& parts, const LargeVector<T>& table) const {
    const std::size_t end = std::min(parts.end_of_slices + kFetchAhead, ranges_.size());
    for (std::size_t i = parts.first_source + kFetchAhead; i < end; ++i)
      __builtin_prefetch(&table[ranges_[i].first], 1);
  }
  [[nodiscard]] CellRange of_buffer(BufferId buffer) const {
    const std::uint32_t first = first_[buffer.index()];
    return {first, (first_[buffer.index() + 1] - first - 1) & 0x7FFF'FFFF, 0};
  }
  [[nodiscard]] std::int64_t begin(std::uint32_t cell) const { return begin_[cell]; }
  [[nodiscard]] std::int64_t end(std::uint32_t cell) const { return begin_[cell + 1]; }
  [[nodiscard]] BufferId buffer_of(std::uint32_t cell) const;
  // Whether a cell begins or the buffer ends at `offset`.
  [[nodiscard]] bool is_cut(BufferId buffer, std::int64_t offset) const;
  // The op at which the plan became too fragmented to prove, if it did.
  [[nodiscard]] std::optional<OpId> fragmented() const { return fragmented_; }

 private:
  // Slot s of a buffer holds a slice with floor(offset * scale) == s.
  struct Grid {
    std::size_t first_slot = 0;
    double scale = 0;
    [[nodiscard]] std::size_t slot(std::int64_t offset) const {
      const auto s = static_cast<std::int64_t>(static_cast<double>(offset) * scale);
      return first_slot + static_cast<std::size_t>(s);
    }
  };
  struct Slot {
    std::int64_t offset;
    std::int64_t size;  // 0: empty
  };

  void lay_grids(const Plan& plan);
  [[gnu::always_inline]] void fetch_slot(const Plan& plan, std::size_t slice) const {
    if (slice >= plan.slices.size()) return;
    const Slice& s = plan.slices[slice];
    __builtin_prefetch(&slots_[grids_[s.buffer.index()].slot(s.offset.count)], 1);
  }
  void collect(const Plan& plan);
  void carry_cuts(const Plan& plan, const CellLimits& limits);
  void cut(const Plan& plan, std::span<const Cut> carried);
  void append_slots(std::size_t buffer);
  void locate(const Plan& plan);
  [[nodiscard]] CellRange range_of(BufferId buffer, const Slot& slot, std::uint32_t first) const;
  [[nodiscard]] std::uint32_t find(BufferId buffer, std::int64_t offset) const;

  std::vector<Grid> grids_;             // per buffer, and one for the end
  LargeVector<Slot> slots_;             // distinct slices, by buffer and offset
  std::vector<std::uint32_t> spilled_;  // slices that are in no slot
  std::vector<std::uint32_t> first_;    // buffer -> first cell; one entry more
  LargeVector<std::int64_t> begin_;     // cell -> offset; after the last cell: buffer size
  LargeVector<CellRange> ranges_;       // slice -> its cells; while collecting: first is its slot
  std::optional<OpId> fragmented_;
  bool plain_ = true;  // every slice has one cell, as far as one look tells
  std::int64_t visits_ = 0;
};

}  // namespace twinlink::models::checks
