#include "models/plan/splice.h"

#include <algorithm>

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
    add_tables();
    for (std::size_t i = 0; i < part_.ops.size(); ++i) add_op(OpId{i});
    return std::move(result_);
  }

 private:
  void add_tables() {
    for (const Group& group : part_.groups) groups_.push_back(builder_.add_group(group.members));
    for (std::size_t b = 0; b < part_.buffers.size(); ++b) buffers_.push_back(buffer_for(b));
    for (const Claim& claim : part_.claims) add_claim(claim);
    for (const Rendezvous& r : part_.rendezvous)
      rendezvous_.push_back(builder_.add_rendezvous({groups_[r.group.index()], r.edge}));
    std::vector<KernelId> kernels;
    for (const Kernel& kernel : part_.kernels)
      kernels.push_back(how_.lanes.empty() ? builder_.add_kernel(kernel) : KernelId{});
    for (const Lane& lane : part_.lanes) result_.lanes.push_back(lane_for(lane, kernels));
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
    claim.group = groups_[claim.group.index()];
    for (std::vector<BufferId>* side : {&claim.inputs, &claim.outputs})
      for (BufferId& buffer : *side) buffer = buffers_[buffer.index()];
    builder_.add_claim(std::move(claim));
  }

  LaneId lane_for(const Lane& lane, const std::vector<KernelId>& kernels) {
    if (!how_.lanes.empty()) return how_.lanes[lane.rank.index()];
    switch (lane.engine) {
      case Engine::sm:
        return builder_.add_sm_lane(
            kernels[lane.kernel.index()],
            {lane.ctas, lane.threads, lane.vector_bytes, lane.loads_in_flight});
      case Engine::copy: return builder_.add_copy_lane(lane.rank, lane.queue, lane.launch);
      case Engine::nic: return builder_.add_nic_lane(lane.rank, lane.queue, lane.launch);
      case Engine::library: return builder_.add_library_lane(lane.rank, lane.queue, lane.launch);
    }
    return {};
  }

  void add_op(OpId id) {
    const Op& op = part_.op(id);
    collect_deps(id);
    if (op.kind == OpKind::compute && how_.work) {
      result_.ops.push_back(how_.work(part_.rank_of(id), deps_));
      return;
    }
    const LaneId lane = result_.lanes[op.lane.index()];
    if (how_.before) how_.before(id, deps_);
    Op head = op;
    head.lane = lane;
    head.detail = op.kind == OpKind::barrier ? rendezvous_[op.detail] : op.detail;
    if (op.kind == OpKind::compute)
      result_.ops.push_back(builder_.compute(lane, part_.computes[op.detail],
                                             mapped(part_.sources(id), sources_),
                                             mapped(part_.destinations(id), destinations_), deps_));
    else
      result_.ops.push_back(builder_.append(head, mapped(part_.sources(id), sources_),
                                            mapped(part_.destinations(id), destinations_), deps_));
  }

  std::span<const Slice> mapped(std::span<const Slice> slices, std::vector<Slice>& into) const {
    into.assign(slices.begin(), slices.end());
    for (Slice& slice : into) slice.buffer = buffers_[slice.buffer.index()];
    return into;
  }

  void collect_deps(OpId id) {
    deps_.clear();
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
    if (std::find_if(deps_.begin(), deps_.end(), same) == deps_.end())
      deps_.push_back(dep(on, edge, scope));
  }

  PlanBuilder& builder_;
  const Plan& part_;
  const Splice& how_;
  Spliced result_;
  std::vector<GroupId> groups_;
  std::vector<BufferId> buffers_;
  std::vector<std::uint32_t> rendezvous_;
  std::vector<std::uint8_t> launched_;  // by lane of the part
  std::vector<Dep> deps_;               // of the op being added
  std::vector<Slice> sources_, destinations_;
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
