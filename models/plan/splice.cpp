#include "models/plan/splice.h"

#include <algorithm>

#include "models/plan/part_tables.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

template <class Id>
Id at_or_invalid(const std::vector<Id>& ids, std::size_t index) {
  return index < ids.size() ? ids[index] : Id{};
}

class Splicer {
 public:
  Splicer(PlanBuilder& builder, const Plan& part, const Splice& how)
      : builder_(builder), part_(part), how_(how), launched_(part.lanes.size()) {
    TL_ENSURE(builder.plan().gpu_of_rank == part.gpu_of_rank, "part on the ranks of the plan");
    TL_ENSURE(part.library_calls.empty(), "part without library calls");
  }

  Spliced run() {
    add_part();
    for (std::size_t i = 0; i < part_.ops.size(); ++i) add_op(OpId{i});
    return std::move(result_);
  }

 private:
  void add_part() {
    tables_ = add_tables(builder_, part_, how_.lanes.empty());
    for (const Lane& lane : part_.lanes)
      if (!how_.lanes.empty()) tables_.lanes.push_back(how_.lanes[lane.rank.index()]);
    result_.lanes = tables_.lanes;
    for (std::size_t b = 0; b < part_.buffers.size(); ++b) buffers_.push_back(buffer_for(b));
    for (const Claim& claim : part_.claims) add_claim(claim);
  }

  BufferId buffer_for(std::size_t index) {
    const BufferId known = at_or_invalid(how_.buffers, index);
    if (!known.valid()) return builder_.add_buffer(part_.buffers[index]);
    const Buffer& ours = builder_.plan().buffer(known);
    const Buffer& theirs = part_.buffers[index];
    TL_ENSURE(
        ours.rank == theirs.rank && ours.size == theirs.size && ours.element == theirs.element,
        "shared buffer of the part's rank, size and element type");
    return known;
  }

  void add_claim(Claim claim) {
    claim.group = tables_.groups[claim.group.index()];
    for (std::vector<BufferId>* side : {&claim.inputs, &claim.outputs})
      for (BufferId& buffer : *side) buffer = buffers_[buffer.index()];
    builder_.add_claim(std::move(claim));
  }

  void add_op(OpId id) {
    collect_deps(id);
    if (part_.op(id).kind == OpKind::compute && how_.work) {
      result_.ops.push_back(how_.work(part_.rank_of(id), at_.deps));
      return;
    }
    if (how_.before) how_.before(id, at_.deps);
    map(part_.sources(id), at_.sources);
    map(part_.destinations(id), at_.destinations);
    result_.ops.push_back(append_op(builder_, part_, id, tables_, at_));
  }

  void map(std::span<const Slice> slices, std::vector<Slice>& into) const {
    into.assign(slices.begin(), slices.end());
    for (Slice& slice : into) slice.buffer = buffers_[slice.buffer.index()];
  }

  void collect_deps(OpId id) {
    at_.deps.clear();
    const std::size_t lane = part_.op(id).lane.index();
    launch(lane);
    for (const Dep& d : part_.deps_of(id)) add_dep(result_.ops[d.op], d.kind(), d.reach());
    for (const Slice& slice : part_.sources(id)) wait_for(id, slice.buffer);
    for (const Slice& slice : part_.destinations(id)) wait_for(id, slice.buffer);
  }

  void launch(std::size_t lane) {
    if (launched_[lane] != 0) return;
    launched_[lane] = 1;
    const OpId after = at_or_invalid(how_.launched_after, part_.lanes[lane].rank.index());
    if (how_.lanes.empty() && after.valid()) add_dep(after, Edge::graph, Scope::kernel);
  }

  // Between ranks a flag; on one rank the launch, or the lane, already is the order.
  void wait_for(OpId id, BufferId buffer) {
    const OpId made = at_or_invalid(how_.ready, buffer.index());
    if (!made.valid() || builder_.plan().op(made).lane == result_.lanes[part_.op(id).lane.index()])
      return;
    add_dep(made, Edge::flag_fenced, Scope::lane);
  }

  void add_dep(OpId on, Edge edge, Scope scope) {
    const auto same = [&](const Dep& d) { return d.id() == on; };
    if (std::none_of(at_.deps.begin(), at_.deps.end(), same))
      at_.deps.push_back(dep(on, edge, scope));
  }

  PlanBuilder& builder_;
  const Plan& part_;
  const Splice& how_;
  Spliced result_;
  PartTables tables_;
  std::vector<BufferId> buffers_;
  std::vector<std::uint8_t> launched_;  // by lane of the part
  PlacedOp at_;                         // the op being added
};

// The rank's last op of the part, where that is a fenced rendezvous.
OpId closing_meeting(const Plan& part, Rank rank) {
  for (std::size_t i = part.ops.size(); i-- > 0;) {
    if (part.rank_of(OpId{i}) != rank) continue;
    const Op& op = part.ops[i];
    const bool meets =
        op.kind == OpKind::barrier && part.rendezvous[op.detail].edge == Edge::flag_fenced;
    return meets ? OpId{i} : OpId{};
  }
  return {};
}

}  // namespace

Spliced splice(PlanBuilder& builder, const Plan& part, const Splice& how) {
  return Splicer(builder, part, how).run();
}

std::vector<Dep> complete(const Plan& part, const Spliced& spliced, BufferId buffer) {
  const Rank rank = part.buffer(buffer).rank;
  if (const OpId meeting = closing_meeting(part, rank); meeting.valid())
    return {dep(spliced.ops[meeting.index()], Edge::graph, Scope::kernel)};
  std::vector<Dep> deps;
  for (std::size_t i = 0; i < part.ops.size(); ++i) {
    const auto to = part.destinations(OpId{i});
    if (std::none_of(to.begin(), to.end(), [&](const Slice& s) { return s.buffer == buffer; }))
      continue;
    const bool own = part.rank_of(OpId{i}) == rank;
    deps.push_back(dep(spliced.ops[i], own ? Edge::graph : Edge::flag_fenced,
                       own ? Scope::kernel : Scope::lane));
  }
  return deps;
}

bool touches_others(const Plan& plan, OpId op) {
  const Rank rank = plan.rank_of(op);
  const auto other = [&](const Slice& s) { return plan.buffer(s.buffer).rank != rank; };
  const auto from = plan.sources(op);
  const auto to = plan.destinations(op);
  return std::any_of(from.begin(), from.end(), other) || std::any_of(to.begin(), to.end(), other);
}

}  // namespace twinlink::models
