#pragma once
// Cuts every buffer into cells: the finest byte ranges that any op treats alike.
//
// Boundaries are the ends of all slices (empty slices have none), plus, where an op copies or folds
// a source that is cut into a destination that is not, the source's cuts carried over. So at the
// time of every op, a cell of a destination never spans two different contents.
// How: boundaries of a buffer fall into equal slots of its length, one slot per smallest slice, so
// collecting them sorts them; slots that get two boundaries spill into a sorted list. Evenly dealt
// shares never spill: a slice then finds its cell in O(1), else in O(log cells).
// Limits: a plan whose slices visit more than kMaxCellVisits cells in all, or carry over more than
// kMaxCarriedCuts cuts, is too fragmented to prove (fragmented()).
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/plan/plan.h"

namespace twinlink::models::checks {

inline constexpr std::int64_t kMaxCellVisits = std::int64_t{1} << 29;
inline constexpr std::size_t kMaxCarriedCuts = std::size_t{1} << 22;

struct CellRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

// A boundary inside a buffer.
using Cut = std::pair<BufferId, std::int64_t>;

class Cells {
 public:
  // Precondition: the plan passes check_structure.
  explicit Cells(const Plan& plan);

  // One more than the largest cell index (a few indices between buffers belong to no cell).
  [[nodiscard]] std::size_t size() const { return begin_.size(); }
  [[nodiscard]] CellRange of_slice(std::size_t slice) const { return ranges_[slice]; }
  [[nodiscard]] CellRange of_buffer(BufferId buffer) const {
    const std::uint32_t first = first_[buffer.index()];
    return {first, first_[buffer.index() + 1] - first - 1};
  }
  [[nodiscard]] std::int64_t begin(std::uint32_t cell) const { return begin_[cell]; }
  [[nodiscard]] std::int64_t end(std::uint32_t cell) const { return begin_[cell + 1]; }
  [[nodiscard]] BufferId buffer_of(std::uint32_t cell) const;
  // Whether a cell begins or the buffer ends at `offset`.
  [[nodiscard]] bool is_cut(BufferId buffer, std::int64_t offset) const;
  // The op at which the plan became too fragmented to prove, if it did.
  [[nodiscard]] std::optional<OpId> fragmented() const { return fragmented_; }

 private:
  void cut(const Plan& plan, std::span<const Cut> carried);
  void locate(const Plan& plan);
  [[nodiscard]] std::uint32_t find(BufferId buffer, std::int64_t offset) const;

  // Slot s of a buffer holds the boundaries x with floor(x * scale) == s.
  struct Grid {
    std::size_t first_slot = 0;
    double scale = 0;
    [[nodiscard]] std::size_t slot(std::int64_t offset) const {
      const auto s = static_cast<std::int64_t>(static_cast<double>(offset) * scale);
      return first_slot + static_cast<std::size_t>(s);
    }
  };
  std::size_t lay_grids(const Plan& plan);
  void collect(const Plan& plan, std::vector<std::int64_t>& slots, std::vector<Cut>& spilled) const;

  std::vector<Grid> grids_;                // per buffer
  std::vector<std::uint32_t> slot_cells_;  // slot -> the cell that begins in it
  std::vector<std::uint32_t> first_;       // buffer -> first cell; one entry more
  std::vector<std::int64_t> begin_;        // cell -> offset; after the last cell: buffer size
  std::vector<CellRange> ranges_;          // slice -> its cells
  std::optional<OpId> fragmented_;
};

}  // namespace twinlink::models::checks
