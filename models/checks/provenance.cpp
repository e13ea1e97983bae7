#include "models/checks/provenance.h"

#include <algorithm>

#include "models/checks/claim_check.h"
#include "models/checks/findings.h"
#include "models/checks/fold.h"
#include "models/checks/last_writes.h"
#include "models/checks/op_parts.h"
#include "models/checks/rounds.h"

namespace twinlink::models::checks {
namespace {

// A part of what an op computes, `offset` bytes into its slices.
struct Piece {
  std::int64_t offset;
  Value value;
};

class Walk {
 public:
  Walk(const Plan& plan, const Cells& cells, const NamedAfter& named)
      : plan_(plan),
        named_(named.plan != nullptr ? *named.plan : plan),
        origin_(named.origin),
        cells_(cells),
        values_(cells.size()),
        folder_(plan, sets_) {}

  // Folds that go wrong are findings only where the round holds all claims: an input of two
  // claims is read as an input of one of them, so other claims' folds look wrong.
  void run(const Round& round, bool report_folds, Proof& proof) {
    report_folds_ = report_folds;
    proof_ = &proof;
    fill(round);
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
      step(named(parts_of(plan_, i)));
      if (!writes_.none()) give(i);
    }
    const Describer describer{named_, cells_, sets_, values_};
    for (const std::int32_t claim : round) check_claim(describer, claim, proof);
  }

 private:
  [[nodiscard]] OpParts named(OpParts parts) const {
    if (origin_ != nullptr) parts.id = (*origin_)[parts.id.index()];
    return parts;
  }
  void fill(const Round& round);
  void fill(BufferId buffer);
  void give(std::size_t op);
  void step(const OpParts& parts);
  void copy(const OpParts& parts);
  void reduce(const OpParts& parts);
  void prefixes(const OpParts& parts);
  void compute(const OpParts& parts);

  // One cell, or several.
  bool copy_cell(OpId id, CellRange from, CellRange to);
  void copy_cells(OpId id, std::size_t source, std::size_t destination);
  bool reduce_cell(const OpParts& parts);
  Value fold_first_cells(const OpParts& parts);
  void reduce_cells(const OpParts& parts);
  void write_pieces(std::size_t destination);

  Value read(OpId id, std::uint32_t cell);
  void start_cursors(const OpParts& parts);
  Operand read_at(const OpParts& parts, std::size_t i, std::int64_t at, std::int64_t& next);
  Value extend(const OpParts& parts, const Value& prefix, const Operand& next);
  Value fold(const OpParts& parts);
  void report_undefined(OpId id, std::uint32_t cell);
  void report_fold(OpId id, const Value& value);

  const Plan& plan_;
  const Plan& named_;  // whose ops findings name
  const std::vector<OpId>* origin_;
  const Cells& cells_;
  LargeVector<Value> values_;
  MemberSets sets_;
  Folder folder_;
  bool report_folds_ = true;
  std::vector<Value> first_;  // by buffer: what it holds as given, or as an input
  LastWrites writes_;
  Proof* proof_ = nullptr;
  OpId reported_;  // one finding per op
  std::vector<Operand> operands_;
  std::vector<std::uint32_t> cursors_;
  std::vector<Piece> pieces_;
};

void Walk::fill(const Round& round) {
  writes_ = LastWrites(plan_, cells_, round);
  first_.resize(plan_.buffers.size());
  for (std::size_t b = 0; b < plan_.buffers.size(); ++b)
    if (given(plan_.buffers[b].role)) first_[b].claim = Value::kForeign;
  for (const std::int32_t c : round) {
    const Claim& claim = plan_.claims[static_cast<std::size_t>(c)];
    for (std::size_t i = 0; i < claim.inputs.size(); ++i) {
      const auto index = static_cast<std::int32_t>(i);
      const std::int32_t member = ordered(claim) ? position(claim, index) : index;
      first_[claim.inputs[i].index()] = {c, {member, 1}, -1, 0};
    }
  }
  for (std::size_t b = 0; b < plan_.buffers.size(); ++b)
    if (first_[b].claim != Value::kUndefined) fill(BufferId{b});
}

void Walk::fill(BufferId buffer) {
  const CellRange range = cells_.of_buffer(buffer);
  for (std::uint32_t cell = range.first; cell < range.first + range.count; ++cell) {
    values_[cell] = first_[buffer.index()].shifted(cells_.begin(cell));
    if (!writes_.given(cell)) values_[cell] = {Value::kForeign, {}, -1, 0};
  }
}

// What the op was the last to write into inputs of claims is from now on their input.
void Walk::give(std::size_t op) {
  const OpParts parts = parts_of(plan_, op);
  for (std::size_t d = parts.first_destination; d < parts.end_of_slices; ++d) {
    const CellRange range = cells_.of_slice(d);
    for (std::uint32_t cell = range.first; cell < range.first + range.count; ++cell)
      if (writes_.by(op, cell))
        values_[cell] = first_[plan_.slices[d].buffer.index()].shifted(cells_.begin(cell));
  }
}

void Walk::step(const OpParts& parts) {
  cells_.fetch_ahead(parts, values_);
  switch (parts.op->kind) {
    case OpKind::copy:
    case OpKind::multimem_store: return copy(parts);
    case OpKind::reduce:
    case OpKind::multimem_reduce: return reduce(parts);
    case OpKind::scan_reduce: return prefixes(parts);
    case OpKind::compute: return compute(parts);
    case OpKind::barrier:
    case OpKind::library: return;  // replaced by its definition before
  }
}

Value Walk::read(OpId id, std::uint32_t cell) {
  const Value& value = values_[cell];
  if (value.claim != Value::kUndefined) return value;
  report_undefined(id, cell);
  return Value::spoiled(id, Spoil::undefined);
}

void Walk::copy(const OpParts& parts) {
  for (std::size_t i = 0; i < parts.destinations(); ++i) {
    const std::size_t s = parts.first_source + (parts.sources() == 1 ? 0 : i);
    const std::size_t d = parts.first_destination + i;
    if (!copy_cell(parts.id, cells_.of_slice(s), cells_.of_slice(d))) copy_cells(parts.id, s, d);
  }
}

bool Walk::copy_cell(OpId id, CellRange from, CellRange to) {
  if (from.count != 1 || to.count != 1) return false;
  Value value = read(id, from.first);
  value.writer = id.value;
  values_[to.first] = value;
  return true;
}

void Walk::copy_cells(OpId id, std::size_t source, std::size_t destination) {
  const CellRange from = cells_.of_slice(source);
  const std::int64_t begin = plan_.slices[source].offset.count;
  pieces_.clear();
  for (std::uint32_t cell = from.first; cell < from.first + from.count; ++cell) {
    pieces_.push_back({cells_.begin(cell) - begin, read(id, cell)});
    pieces_.back().value.writer = id.value;
  }
  write_pieces(destination);
}

// Each cell of the destination lies in one piece, or in several that continue each other (Cells).
void Walk::write_pieces(std::size_t destination) {
  const CellRange to = cells_.of_slice(destination);
  const std::int64_t begin = plan_.slices[destination].offset.count;
  std::size_t piece = 0;
  for (std::uint32_t cell = to.first; cell < to.first + to.count; ++cell) {
    const std::int64_t offset = cells_.begin(cell) - begin;
    while (piece + 1 < pieces_.size() && pieces_[piece + 1].offset <= offset) ++piece;
    values_[cell] = pieces_[piece].value.shifted(offset - pieces_[piece].offset);
  }
}

void Walk::reduce(const OpParts& parts) {
  if (parts.destinations() == 0) return;
  if (!reduce_cell(parts)) reduce_cells(parts);
}

bool Walk::reduce_cell(const OpParts& parts) {
  for (std::size_t i = parts.first_source; i < parts.end_of_slices; ++i)
    if (cells_.of_slice(i).count != 1) return false;
  const Value value = fold_first_cells(parts);
  for (std::size_t d = parts.first_destination; d < parts.end_of_slices; ++d)
    values_[cells_.of_slice(d).first] = value;
  return true;
}

// The fold of the first cells of all sources.
Value Walk::fold_first_cells(const OpParts& parts) {
  if (parts.op->oper == Operator::sum && parts.sources() == 2) {
    Value value = values_[cells_.of_slice(parts.first_source).first];
    const Value& other = values_[cells_.of_slice(parts.first_source + 1).first];
    if (folder_.sum_neighbours(value, other)) {
      value.writer = parts.id.value;
      return value;
    }
  }
  operands_.clear();
  for (std::size_t s = parts.first_source; s < parts.first_destination; ++s)
    operands_.push_back({read(parts.id, cells_.of_slice(s).first), plan_.slices[s].decay_power});
  return fold(parts);
}

void Walk::reduce_cells(const OpParts& parts) {
  const std::int64_t size = plan_.slices[parts.first_destination].size.count;
  start_cursors(parts);
  pieces_.clear();
  for (std::int64_t at = 0, next = size; at < size; at = next, next = size) {
    operands_.clear();
    for (std::size_t i = 0; i < cursors_.size(); ++i)
      operands_.push_back(read_at(parts, i, at, next));
    pieces_.push_back({at, fold(parts)});
  }
  for (std::size_t d = parts.first_destination; d < parts.end_of_slices; ++d)
    if (size > 0) write_pieces(d);
}

// Prefix j of a scan_reduce is the fold of prefix j - 1 and source j - 1, whose decay power is the
// number of its members: so every step is a fold of two. All are formed before the first is
// written.
void Walk::prefixes(const OpParts& parts) {
  const std::size_t skipped = parts.sources() + 1 - parts.destinations();
  std::vector<std::vector<Piece>> pieces(parts.destinations());
  const std::int64_t size =
      parts.destinations() == 0 ? 0 : plan_.slices[parts.first_destination].size.count;
  start_cursors(parts);
  for (std::int64_t at = 0, next = size; at < size; at = next, next = size) {
    Value prefix{Value::kIdentity, {}, parts.id.value, 0};
    for (std::size_t j = 0; j <= parts.sources(); ++j) {
      if (j > 0) prefix = extend(parts, prefix, read_at(parts, j - 1, at, next));
      if (j >= skipped) pieces[j - skipped].push_back({at, prefix});
    }
  }
  for (std::size_t d = 0; d < pieces.size() && size > 0; ++d) {
    pieces_ = std::move(pieces[d]);
    write_pieces(parts.first_destination + d);
  }
}

// The fold of a prefix and the source after it, as `reduce` would fold the two.
Value Walk::extend(const OpParts& parts, const Value& prefix, const Operand& next) {
  operands_.assign({{prefix, next.decay_power}, {next.value, 0}});
  return fold(parts);
}

void Walk::start_cursors(const OpParts& parts) {
  cursors_.clear();
  for (std::size_t s = parts.first_source; s < parts.first_destination; ++s)
    cursors_.push_back(cells_.of_slice(s).first);
}

// Source `i`, `at` bytes into the op's slices; `next` becomes the first place where it changes.
Operand Walk::read_at(const OpParts& parts, std::size_t i, std::int64_t at, std::int64_t& next) {
  const Slice& slice = plan_.slices[parts.first_source + i];
  const std::int64_t offset = slice.offset.count + at;
  while (cells_.end(cursors_[i]) <= offset) ++cursors_[i];
  next = std::min(next, cells_.end(cursors_[i]) - slice.offset.count);
  const Value value = read(parts.id, cursors_[i]);
  return {value.shifted(offset - cells_.begin(cursors_[i])), slice.decay_power};
}

Value Walk::fold(const OpParts& parts) {
  const Value value = folder_.fold(parts.id, parts.op->oper, operands_);
  if (value.claim == Value::kSpoiled && value.spoiler() == parts.id) report_fold(parts.id, value);
  return value;
}

// The proof knows nothing of what a kernel computes: it reads defined bytes and writes foreign
// ones.
void Walk::compute(const OpParts& parts) {
  for (std::size_t s = parts.first_source; s < parts.first_destination; ++s) {
    const CellRange range = cells_.of_slice(s);
    for (std::uint32_t cell = range.first; cell < range.first + range.count; ++cell)
      read(parts.id, cell);
  }
  for (std::size_t d = parts.first_destination; d < parts.end_of_slices; ++d) {
    const CellRange range = cells_.of_slice(d);
    for (std::uint32_t cell = range.first; cell < range.first + range.count; ++cell)
      values_[cell] = {Value::kForeign, {}, parts.id.value, 0};
  }
}

void Walk::report_undefined(OpId id, std::uint32_t cell) {
  if (reported_ == id) return;
  reported_ = id;
  const Rank rank = named_.rank_of(id);
  add(*proof_, {Check::provenance, rank, id}, [&] {
    const Buffer& buffer = plan_.buffer(cells_.buffer_of(cell));
    return text(rank) + ": " + text(id) + " reads " +
           text_of_bytes(buffer, cells_.begin(cell), cells_.end(cell)) + ", which nobody wrote";
  });
}

void Walk::report_fold(OpId id, const Value& value) {
  if (reported_ == id || value.why() == Spoil::undefined || value.why() == Spoil::mixed) return;
  if (!report_folds_) return;
  reported_ = id;
  const Rank rank = named_.rank_of(id);
  add(*proof_, {Check::provenance, rank, id}, [&] {
    const Describer describer{named_, cells_, sets_, values_};
    std::string message = text(rank) + ": " + text(id) + " " + text_of(value.why()) + ":";
    for (std::size_t i = 0; i < operands_.size() && i < 4; ++i) {
      const Operand& operand = operands_[i];
      message += (i == 0 ? " " : ", then ") + text_of(describer, operand.value);
      if (value.why() == Spoil::wrong_decay)
        message += " with decay power " + text(std::int64_t{operand.decay_power});
      if (value.why() == Spoil::shifted) message += " from byte " + text(operand.value.origin);
    }
    return message + (operands_.size() > 4 ? ", ..." : "");
  });
}

}  // namespace

Proof provenance(const Plan& plan, const Cells& cells, const NamedAfter& named) {
  Proof proof;
  const std::vector<Round> rounds = rounds_of(plan);
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    Walk walk(plan, cells, named);
    Proof part;
    walk.run(rounds[i], rounds.size() == 1, part);
    merge(proof, std::move(part));
  }
  return proof;
}

}  // namespace twinlink::models::checks
