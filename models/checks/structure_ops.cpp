#include <algorithm>

#include "models/checks/findings.h"
#include "models/checks/op_parts.h"
#include "models/checks/structure.h"

namespace twinlink::models::checks {
namespace {

// What the checks of slices need of a buffer, packed: they visit every slice.
struct BufferFacts {
  std::int64_t size;
  ElementType element;
  bool writable;
};

class OpCheck {
 public:
  explicit OpCheck(const Plan& plan) : plan_(plan) {
    for (const Buffer& b : plan.buffers)
      facts_.push_back({b.size.count, b.element, may_write(b.role)});
  }

  Proof run() {
    if (!check_limits()) return std::move(proof_);
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
      const OpParts parts = parts_of(plan_, i);
      if (!check_ranges(parts)) return std::move(proof_);
      check_op(parts);
    }
    check_arrivals();
    return std::move(proof_);
  }

 private:
  void fail(OpId id, const std::string& message) {
    const LaneId lane = plan_.op(id).lane;
    const bool known = lane.valid() && lane.index() < plan_.lanes.size();
    const Rank rank = known ? plan_.lane(lane).rank : Rank{};
    add(proof_, {Check::structure, rank, id},
        [&] { return (known ? text(rank) + ": " : std::string()) + text(id) + " " + message; });
  }

  bool check_limits();
  bool check_ranges(const OpParts& parts);
  void check_op(const OpParts& parts);
  void check_deps(const OpParts& parts);
  [[nodiscard]] bool plainly_right(const OpParts& parts) const;
  bool check_slices(const OpParts& parts);
  bool check_slice(const OpParts& parts, std::size_t index);
  void check_destinations(const OpParts& parts);
  void check_powers(const OpParts& parts);
  void check_copy(const OpParts& parts);
  void check_reduce(const OpParts& parts);
  void check_engine(const OpParts& parts);
  void check_prefixes(const OpParts& parts);
  void check_multicast(const OpParts& parts);
  void check_barrier(const OpParts& parts);
  void check_arrivals();
  [[nodiscard]] bool elements_whole(const OpParts& parts) const;

  [[nodiscard]] const BufferFacts& facts(std::size_t slice) const {
    return facts_[plan_.slices[slice].buffer.index()];
  }

  const Plan& plan_;
  Proof proof_;
  std::vector<BufferFacts> facts_;
  struct Arrival {
    std::uint32_t rendezvous;
    Rank rank;
    OpId op;
  };
  std::vector<Arrival> arrivals_;
};

bool OpCheck::check_limits() {
  const auto ops = static_cast<std::size_t>(kPlanLimits.ops);
  const auto slices = static_cast<std::size_t>(kPlanLimits.slices);
  const bool small = plan_.ops.size() <= ops && plan_.slices.size() <= slices;
  const bool owned = !plan_.ops.empty() || (plan_.slices.empty() && plan_.deps.empty());
  if (small && owned) return true;
  add(proof_, {Check::structure, Rank{}, OpId{}}, [&] {
    return std::string(small ? "the plan has slices or dependencies but no ops"
                             : "the plan has more ops or slices than a plan may have");
  });
  return false;
}

// Where the op's slices and dependencies begin and end: without that, no op after it can be read.
bool OpCheck::check_ranges(const OpParts& parts) {
  const bool first = parts.id.value > 0 || (parts.first_source == 0 && parts.first_dep == 0);
  const bool inside = parts.first_destination <= parts.end_of_slices &&
                      parts.end_of_slices <= plan_.slices.size() &&
                      parts.first_dep <= parts.end_of_deps &&
                      parts.end_of_deps <= plan_.deps.size();
  if (!first || !inside) fail(parts.id, "names slices or dependencies that do not exist");
  return first && inside;
}

void OpCheck::check_op(const OpParts& parts) {
  const Op& op = *parts.op;
  if (!op.lane.valid() || op.lane.index() >= plan_.lanes.size())
    return fail(parts.id, "names no lane of the plan");
  check_deps(parts);
  if (plainly_right(parts)) return;
  if (!check_slices(parts)) return;
  check_destinations(parts);
  if (!folds(op.kind) && op.oper != Operator::none)
    fail(parts.id, "has an operator but is no reduce");
  check_engine(parts);
  switch (op.kind) {
    case OpKind::copy: return check_copy(parts);
    case OpKind::reduce: return check_reduce(parts);
    case OpKind::scan_reduce: return check_prefixes(parts);
    case OpKind::multimem_reduce:
    case OpKind::multimem_store: return check_multicast(parts);
    case OpKind::barrier: return check_barrier(parts);
    case OpKind::library:
      if (op.detail >= plan_.library_calls.size())
        fail(parts.id, "names no library call of the plan");
      return;
    case OpKind::compute:
      if (op.detail >= plan_.computes.size()) fail(parts.id, "names no compute of the plan");
      return;
  }
  fail(parts.id, "is of an unknown kind");
}

// Copy engines and NICs only move bytes; only loads and stores of SMs reach the switch's
// arithmetic.
void OpCheck::check_engine(const OpParts& parts) {
  const bool calls = parts.op->kind == OpKind::library;
  if (calls != (plan_.lane(parts.op->lane).engine == Engine::library))
    return fail(parts.id, calls ? "calls a library outside a library's lane"
                                : "is no library call, but on a library's lane");
  switch (plan_.lane(parts.op->lane).engine) {
    case Engine::sm:
    case Engine::library: return;
    case Engine::copy:
    case Engine::nic: break;
  }
  if (parts.op->kind != OpKind::copy && parts.op->kind != OpKind::barrier)
    fail(parts.id, "computes on a copy engine or NIC");
}

void OpCheck::check_deps(const OpParts& parts) {
  for (std::size_t d = parts.first_dep; d < parts.end_of_deps; ++d) {
    const Dep& dep = plan_.deps[d];
    if (dep.id() >= parts.id)
      fail(parts.id, "depends on " + text(dep.id()) + ", which is no earlier");
    if (dep.kind() > Edge::stream_memory || dep.reach() > Scope::kernel)
      fail(parts.id, "depends on " + text(dep.id()) + " by an unknown edge or scope");
  }
}

// One look at each slice settles the usual ops (a copy from one source, a sum); others take the
// slower way through all rules.
bool OpCheck::plainly_right(const OpParts& parts) const {
  const Op& op = *parts.op;
  const bool sum = op.kind == OpKind::reduce && op.oper == Operator::sum &&
                   plan_.lane(op.lane).engine == Engine::sm;
  const bool copy = op.kind == OpKind::copy && op.oper == Operator::none && parts.sources() == 1 &&
                    plan_.lane(op.lane).engine != Engine::library;
  if ((!sum && !copy) || parts.destinations() == 0) return false;
  const Slice& like = plan_.slices[parts.first_destination];
  if (!like.buffer.valid() || like.buffer.index() >= facts_.size()) return false;
  const ElementType element = facts_[like.buffer.index()].element;
  bool right = true;
  std::int64_t bits = 0;  // of all offsets and sizes
  for (std::size_t i = parts.first_source; i < parts.end_of_slices && right; ++i) {
    const Slice& slice = plan_.slices[i];
    if (!slice.buffer.valid() || slice.buffer.index() >= facts_.size()) return false;
    const BufferFacts& buffer = facts_[slice.buffer.index()];
    right = slice.size == like.size && slice.size.count >= 0 && slice.offset.count >= 0 &&
            slice.offset.count <= buffer.size - slice.size.count && slice.decay_power == 0 &&
            (copy || buffer.element == element) && (buffer.writable || i < parts.first_destination);
    bits |= slice.offset.count | slice.size.count;
  }
  return right && (copy || (bits & (size_of(element) - 1)) == 0);
}

bool OpCheck::check_slices(const OpParts& parts) {
  bool right = true;
  for (std::size_t i = parts.first_source; i < parts.end_of_slices; ++i)
    right = check_slice(parts, i) && right;
  return right;
}

bool OpCheck::check_slice(const OpParts& parts, std::size_t index) {
  const Slice& slice = plan_.slices[index];
  const bool known = slice.buffer.valid() && slice.buffer.index() < facts_.size();
  if (known) {
    const std::int64_t size = facts_[slice.buffer.index()].size;
    const bool inside = slice.offset.count >= 0 && slice.size.count >= 0 &&
                        slice.offset.count <= size && slice.size.count <= size - slice.offset.count;
    if (inside) return true;
  }
  const bool source = index < parts.first_destination;
  const std::size_t first = source ? parts.first_source : parts.first_destination;
  std::string message = std::string("has a ") + (source ? "source " : "destination ") +
                        text(static_cast<std::int64_t>(index - first));
  if (!known) return fail(parts.id, message + " that names no buffer of the plan"), false;
  const Buffer& buffer = plan_.buffer(slice.buffer);
  message += " of " + text(slice.size.count) + " bytes from byte " + text(slice.offset.count) +
             " on, outside the " + text(buffer.size.count) + " bytes of \"" + buffer.name +
             "\" of " + text(buffer.rank);
  return fail(parts.id, message), false;
}

void OpCheck::check_destinations(const OpParts& parts) {
  for (std::size_t d = parts.first_destination; d < parts.end_of_slices; ++d) {
    if (facts(d).writable) continue;
    const Buffer& buffer = plan_.buffer(plan_.slices[d].buffer);
    fail(parts.id, "writes \"" + buffer.name + "\" of " + text(buffer.rank) + ", whose role is " +
                       std::string(name_of(buffer.role)));
  }
}

void OpCheck::check_powers(const OpParts& parts) {
  const bool allowed = folds(parts.op->kind) && parts.op->oper == Operator::decay_sum;
  for (std::size_t i = parts.first_source; i < parts.end_of_slices; ++i) {
    const std::int32_t power = plan_.slices[i].decay_power;
    if (power == 0) continue;
    if (power < 0) return fail(parts.id, "has a negative decay power");
    if (!allowed || i >= parts.first_destination)
      return fail(parts.id, "has a decay power on a slice that is no source of a decay_sum");
  }
}

void OpCheck::check_copy(const OpParts& parts) {
  check_powers(parts);
  if (parts.sources() != 1 && parts.sources() != parts.destinations())
    return fail(parts.id,
                "copies " + text(static_cast<std::int64_t>(parts.sources())) + " sources to " +
                    text(static_cast<std::int64_t>(parts.destinations())) + " destinations");
  for (std::size_t i = 0; i < parts.destinations(); ++i) {
    const Slice& from = plan_.slices[parts.first_source + (parts.sources() == 1 ? 0 : i)];
    const Slice& to = plan_.slices[parts.first_destination + i];
    if (from.size != to.size)
      return fail(parts.id,
                  "copies " + text(from.size.count) + " bytes into " + text(to.size.count));
  }
}

bool OpCheck::elements_whole(const OpParts& parts) const {
  const BufferFacts& like = facts(parts.first_destination);
  const std::int64_t element = size_of(like.element);
  return std::all_of(plan_.slices.begin() + static_cast<std::ptrdiff_t>(parts.first_source),
                     plan_.slices.begin() + static_cast<std::ptrdiff_t>(parts.end_of_slices),
                     [&](const Slice& s) {
                       return s.offset.count % element == 0 && s.size.count % element == 0 &&
                              facts_[s.buffer.index()].element == like.element;
                     });
}

void OpCheck::check_reduce(const OpParts& parts) {
  check_powers(parts);
  const Operator oper = parts.op->oper;
  if (oper != Operator::sum && oper != Operator::decay_sum)
    fail(parts.id, "reduces without an operator");
  if (parts.destinations() == 0) return fail(parts.id, "reduces into nothing");
  const Bytes size = plan_.slices[parts.first_destination].size;
  for (std::size_t i = parts.first_source; i < parts.end_of_slices; ++i)
    if (plan_.slices[i].size != size)
      return fail(parts.id, "reduces slices of " + text(plan_.slices[i].size.count) + " and " +
                                text(size.count) + " bytes");
  if (!elements_whole(parts))
    fail(parts.id, "reduces slices that are no whole elements of one type");
}

void OpCheck::check_prefixes(const OpParts& parts) {
  check_reduce(parts);
  if (parts.destinations() > parts.sources() + 1)
    fail(parts.id, "has " + text(static_cast<std::int64_t>(parts.destinations())) +
                       " destinations; " + text(static_cast<std::int64_t>(parts.sources())) +
                       " sources have " + text(static_cast<std::int64_t>(parts.sources()) + 1) +
                       " prefixes");
}

void OpCheck::check_multicast(const OpParts& parts) {
  if (parts.op->kind == OpKind::multimem_store) {
    check_copy(parts);
    if (parts.sources() != 1) fail(parts.id, "multicasts other than one source");
    return;
  }
  check_reduce(parts);
  if (parts.op->oper != Operator::sum) fail(parts.id, "asks the switch for more than a sum");
}

void OpCheck::check_barrier(const OpParts& parts) {
  if (parts.op->detail >= plan_.rendezvous.size())
    return fail(parts.id, "names no rendezvous of the plan");
  if (parts.first_source != parts.end_of_slices) fail(parts.id, "is a barrier with slices");
  const GroupId group = plan_.rendezvous[parts.op->detail].group;
  const std::vector<Rank>& members = plan_.groups[group.index()].members;
  const Rank rank = plan_.rank_of(parts.id);
  if (std::find(members.begin(), members.end(), rank) == members.end())
    return fail(parts.id, "comes to rendezvous " + text(std::int64_t{parts.op->detail}) +
                              " of a group without " + text(rank));
  arrivals_.push_back({parts.op->detail, rank, parts.id});
}

void OpCheck::check_arrivals() {
  const auto key = [](const Arrival& a) { return std::pair(a.rendezvous, a.rank); };
  std::stable_sort(arrivals_.begin(), arrivals_.end(),
                   [&](const Arrival& a, const Arrival& b) { return key(a) < key(b); });
  for (std::size_t i = 1; i < arrivals_.size(); ++i)
    if (key(arrivals_[i - 1]) == key(arrivals_[i]))
      fail(arrivals_[i].op, "comes to rendezvous " + text(std::int64_t{arrivals_[i].rendezvous}) +
                                " a second time, " + "after " + text(arrivals_[i - 1].op));
}

}  // namespace

Proof op_structure(const Plan& plan) { return OpCheck(plan).run(); }

}  // namespace twinlink::models::checks
