#include "models/checks/races.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "models/checks/findings.h"
#include "models/checks/op_parts.h"
#include "models/checks/order.h"

namespace twinlink::models::checks {
namespace {

constexpr std::int32_t kNone = -1;

// Accesses of one cell since its last write. Readers before a write are enough for write after
// write too: each has seen the older write, and the newer one is ordered after each.
struct CellAccess {
  std::int32_t writer = kNone;
  std::int32_t readers = kNone;  // list in pool
};

struct Reader {
  std::int32_t op;
  std::int32_t next;
};

enum class Pair : std::uint8_t { write_read, write_write, read_write };

struct Conflict {
  OpId earlier;
  std::uint32_t cell;
  Pair pair;
};

std::string_view verb(bool writes) { return writes ? "writes " : "reads "; }

// Event, graph and stream memory edges, by what they wait for: lane, then op.
class Launches {
 public:
  using Key = std::pair<std::int32_t, std::int32_t>;
  using Edges = std::vector<std::pair<Key, OpId>>;

  explicit Launches(const Plan& plan) {
    for (std::size_t i = 0; i < plan.ops.size(); ++i)
      for (const Dep& d : plan.deps_of(OpId{i}))
        if (launches(d.kind()))
          edges_.push_back({{plan.op(d.id()).lane.value, d.id().value}, OpId{i}});
    std::sort(edges_.begin(), edges_.end());
  }
  // Those that wait for this op or a later one of its lane.
  [[nodiscard]] std::span<const Edges::value_type> from(const Key& key) const {
    const auto first = std::lower_bound(edges_.begin(), edges_.end(), std::pair(key, OpId{}));
    auto last = first;
    while (last != edges_.end() && last->first.first == key.first) ++last;
    return {first, last};
  }

 private:
  static bool launches(Edge edge) {
    return edge == Edge::event || edge == Edge::graph || edge == Edge::stream_memory;
  }
  Edges edges_;
};

class RaceWalk {
 public:
  RaceWalk(const Plan& plan, const Cells& cells)
      : plan_(plan), cells_(cells), order_(plan), launches_(plan), accesses_(cells.size()) {}

  Proof run() {
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) step(parts_of(plan_, i));
    return std::move(proof_);
  }

 private:
  // Cells of buffers that nobody writes cannot race.
  [[nodiscard]] CellRange range_of(std::size_t slice) const {
    const CellRange range = cells_.of_slice(slice);
    return range.writable != 0 ? range : CellRange{};
  }

  void step(const OpParts& parts);
  void read(const OpParts& parts, std::uint32_t cell);
  void write(const OpParts& parts, std::uint32_t cell);
  void keep_reader(const OpParts& parts, std::size_t source);
  void drop_readers(CellAccess& access);
  void need(const OpParts& parts, const Conflict& conflict);
  void settle(OpId later, std::vector<Conflict>& open, Need need);
  [[nodiscard]] bool plainly_older_than_launch(const OpParts& later, OpId earlier) const;
  [[nodiscard]] bool older_than_launch(OpId later, OpId earlier);
  void report(OpId later, const Conflict& conflict, Need need);
  void report_overlap(OpId op, std::uint32_t cell);
  [[nodiscard]] bool in_place(const OpParts& parts, std::size_t source) const;

  const Plan& plan_;
  const Cells& cells_;
  Order order_;
  Launches launches_;
  Proof proof_;
  LargeVector<CellAccess> accesses_;
  std::vector<Reader> pool_;
  std::int32_t free_ = kNone;
  std::vector<Conflict> open_visible_, open_any_;
  std::vector<OpId> asked_;
  OpId overlap_reported_;
};

void RaceWalk::step(const OpParts& parts) {
  cells_.fetch_ahead(parts, accesses_);
  for (std::size_t s = parts.first_source; s < parts.first_destination; ++s) {
    const CellRange range = range_of(s);
    for (std::uint32_t cell = range.first; cell < range.first + range.count; ++cell)
      read(parts, cell);
  }
  for (std::size_t d = parts.first_destination; d < parts.end_of_slices; ++d) {
    const CellRange range = range_of(d);
    for (std::uint32_t cell = range.first; cell < range.first + range.count; ++cell)
      write(parts, cell);
  }
  for (std::size_t s = parts.first_source; s < parts.first_destination; ++s) keep_reader(parts, s);
  if (!open_visible_.empty()) settle(parts.id, open_visible_, Need::visible);
  if (!open_any_.empty()) settle(parts.id, open_any_, Need::any);
}

void RaceWalk::read(const OpParts& parts, std::uint32_t cell) {
  const std::int32_t writer = accesses_[cell].writer;
  if (writer != kNone) need(parts, {OpId{writer}, cell, Pair::write_read});
}

void RaceWalk::write(const OpParts& parts, std::uint32_t cell) {
  CellAccess& access = accesses_[cell];
  if (access.writer == parts.id.value) return report_overlap(parts.id, cell);
  if (access.readers == kNone && access.writer != kNone)
    need(parts, {OpId{access.writer}, cell, Pair::write_write});
  for (std::int32_t r = access.readers; r != kNone; r = pool_[static_cast<std::size_t>(r)].next)
    need(parts, {OpId{pool_[static_cast<std::size_t>(r)].op}, cell, Pair::read_write});
  drop_readers(access);
  access.writer = parts.id.value;
}

void RaceWalk::drop_readers(CellAccess& access) {
  while (access.readers != kNone) {
    const std::int32_t reader = access.readers;
    access.readers = pool_[static_cast<std::size_t>(reader)].next;
    pool_[static_cast<std::size_t>(reader)].next = free_;
    free_ = reader;
  }
}

// Whether the op writes exactly what this source reads, element by element.
bool RaceWalk::in_place(const OpParts& parts, std::size_t source) const {
  const Slice& from = plan_.slices[source];
  const bool pairwise = parts.op->kind == OpKind::copy && parts.sources() > 1;
  for (std::size_t d = parts.first_destination; d < parts.end_of_slices; ++d) {
    const Slice& to = plan_.slices[d];
    const bool pair = !pairwise || d == source + parts.sources();
    if (pair && to.buffer == from.buffer && to.offset == from.offset) return true;
  }
  // A kernel or a library orders its own accesses.
  return parts.op->kind == OpKind::compute || parts.op->kind == OpKind::library;
}

void RaceWalk::keep_reader(const OpParts& parts, std::size_t source) {
  const CellRange range = range_of(source);
  for (std::uint32_t cell = range.first; cell < range.first + range.count; ++cell) {
    CellAccess& access = accesses_[cell];
    if (access.writer == parts.id.value) {
      if (!in_place(parts, source)) report_overlap(parts.id, cell);
      continue;
    }
    // A reader that happens before this one is ordered before all that this one is.
    if (access.readers != kNone) {
      Reader& latest = pool_[static_cast<std::size_t>(access.readers)];
      if (latest.op == parts.id.value) continue;
      if (order_.quick(parts, OpId{latest.op}, Need::any)) {
        latest.op = parts.id.value;
        continue;
      }
    }
    if (free_ == kNone) {
      free_ = static_cast<std::int32_t>(pool_.size());
      pool_.push_back({kNone, kNone});
    }
    Reader& reader = pool_[static_cast<std::size_t>(free_)];
    const std::int32_t index = free_;
    free_ = reader.next;
    reader = {parts.id.value, access.readers};
    access.readers = index;
  }
}

void RaceWalk::need(const OpParts& parts, const Conflict& conflict) {
  const Need what = conflict.pair == Pair::read_write ? Need::any : Need::visible;
  std::vector<Conflict>& open = what == Need::any ? open_any_ : open_visible_;
  if (!open.empty() && open.back().earlier == conflict.earlier) return;
  if (order_.quick(parts, conflict.earlier, what)) return;
  if (what == Need::visible && plainly_older_than_launch(parts, conflict.earlier)) return;
  open.push_back(conflict);
}

void RaceWalk::settle(OpId later, std::vector<Conflict>& open, Need need) {
  const auto less = [](const Conflict& a, const Conflict& b) { return a.earlier < b.earlier; };
  const auto same = [](const Conflict& a, const Conflict& b) { return a.earlier == b.earlier; };
  std::stable_sort(open.begin(), open.end(), less);
  open.erase(std::unique(open.begin(), open.end(), same), open.end());
  asked_.clear();
  for (const Conflict& conflict : open) asked_.push_back(conflict.earlier);
  order_.search(later, asked_, need);
  for (const Conflict& conflict : open) {
    if (!std::binary_search(asked_.begin(), asked_.end(), conflict.earlier)) continue;
    if (need == Need::visible && older_than_launch(later, conflict.earlier)) continue;
    report(later, conflict, need);
  }
  open.clear();
}

// The end of a kernel publishes what it wrote: from what a launch edge leads to, any order will do.
bool RaceWalk::plainly_older_than_launch(const OpParts& later, OpId earlier) const {
  for (const auto& [from, launched] : launches_.from({plan_.op(earlier).lane.value, earlier.value}))
    if (launched == later.id || (launched < later.id && order_.quick_any(later, launched)))
      return true;
  return false;
}

bool RaceWalk::older_than_launch(OpId later, OpId earlier) {
  for (const auto& [from, launched] :
       launches_.from({plan_.op(earlier).lane.value, earlier.value})) {
    if (later < launched || launched == later) continue;
    std::vector<OpId> asked{launched};
    order_.search(later, asked, Need::any);
    if (asked.empty()) return true;
  }
  return false;
}

void RaceWalk::report(OpId later, const Conflict& conflict, Need need) {
  const Rank rank = plan_.rank_of(later);
  add(proof_, {Check::race, rank, later}, [&] {
    const Buffer& buffer = plan_.buffer(cells_.buffer_of(conflict.cell));
    std::vector<OpId> open{conflict.earlier};
    if (need == Need::visible) order_.search(later, open, Need::any);
    std::string message = text(rank) + ": " + text(later) + " ";
    message += verb(conflict.pair != Pair::write_read);
    message += text_of_bytes(buffer, cells_.begin(conflict.cell), cells_.end(conflict.cell));
    message += ", which " + text(conflict.earlier) + " of ";
    message += text(plan_.rank_of(conflict.earlier)) + " ";
    message += verb(conflict.pair != Pair::read_write);
    if (order_.exhausted()) return message + "with no order that could be proved within limits";
    if (open.empty()) return message + "behind relaxed flags only, which do not make it visible";
    return message + "with no order between them";
  });
}

void RaceWalk::report_overlap(OpId op, std::uint32_t cell) {
  if (overlap_reported_ == op) return;
  overlap_reported_ = op;
  const Rank rank = plan_.rank_of(op);
  add(proof_, {Check::race, rank, op}, [&] {
    const Buffer& buffer = plan_.buffer(cells_.buffer_of(cell));
    return text(rank) + ": " + text(op) + " writes " +
           text_of_bytes(buffer, cells_.begin(cell), cells_.end(cell)) +
           ", which the same op also reads or writes in another place";
  });
}

}  // namespace

Proof races(const Plan& plan, const Cells& cells) { return RaceWalk(plan, cells).run(); }

}  // namespace twinlink::models::checks
