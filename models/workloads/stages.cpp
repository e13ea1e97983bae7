#include "models/workloads/stages.h"

#include <map>
#include <set>
#include <utility>

#include "topology/error.h"

namespace twinlink::models {
namespace {

// Whether an op that is the first of its lane must wait for others to have come: it touches memory
// and nothing in the part is before it.
bool starts_alone(const Plan& part, OpId id) {
  switch (part.op(id).kind) {
    case OpKind::barrier:
    case OpKind::library: return false;
    case OpKind::copy:
    case OpKind::reduce:
    case OpKind::compute:
    case OpKind::scan_reduce:
    case OpKind::multimem_reduce:
    case OpKind::multimem_store: break;
  }
  return part.deps_of(id).empty();
}

// By lane, its first op; invalid: none.
std::vector<OpId> first_ops(const Plan& part) {
  std::vector<OpId> first(part.lanes.size());
  for (std::size_t i = part.ops.size(); i-- > 0;) first[part.ops[i].lane.index()] = OpId{i};
  return first;
}

// The ops that write outputs of another rank that neither waits for them nor meets their rank
// afterwards: by that rank, the last of each lane.
std::map<std::pair<Rank, LaneId>, OpId> last_unawaited(const Plan& part) {
  std::set<std::pair<OpId, Rank>> awaited;
  for (std::size_t i = 0; i < part.ops.size(); ++i)
    for (const Dep& d : part.deps_of(OpId{i})) awaited.insert({d.id(), part.rank_of(OpId{i})});
  std::vector<bool> meets(part.lanes.size());
  std::map<std::pair<Rank, LaneId>, OpId> writes;
  for (std::size_t i = part.ops.size(); i-- > 0;) {
    const OpId id{i};
    const LaneId lane = part.op(id).lane;
    if (part.op(id).kind == OpKind::barrier) meets[lane.index()] = true;
    for (const Slice& s : part.destinations(id)) {
      const Buffer& buffer = part.buffer(s.buffer);
      const bool foreign = buffer.role == BufferRole::output && buffer.rank != part.rank_of(id);
      if (foreign && !meets[lane.index()] && awaited.count({id, buffer.rank}) == 0)
        writes.insert({{buffer.rank, lane}, id});
    }
  }
  return writes;
}

std::vector<std::pair<Rank, OpId>> unawaited_writes(const Plan& part) {
  std::vector<std::pair<Rank, OpId>> writes;
  for (const auto& [to, op] : last_unawaited(part)) writes.push_back({to.first, op});
  return writes;
}

class Appending {
 public:
  Appending(PlanBuilder& builder, const Plan& part, const Placement& placement, const Ends& after)
      : builder_(builder), part_(part), after_(after), place_(placement.place) {
    add_tables();
    if (!placement.meeting.empty()) meet(placement.meeting);
  }

  Ends run() {
    std::vector<OpId> last(part_.lanes.size());
    for (std::size_t i = 0; i < part_.ops.size(); ++i) {
      const OpId id{i};
      const std::size_t lane = part_.op(id).lane.index();
      collect(id, !last[lane].valid());
      ops_.push_back(append(id));
      last[lane] = ops_.back();
    }
    Ends ends = after_;
    std::vector<bool> moved(ends.size());
    for (std::size_t l = 0; l < last.size(); ++l) {
      if (!last[l].valid()) continue;
      const std::size_t rank = part_.lanes[l].rank.index();
      if (!moved[rank]) ends[rank].clear();
      moved[rank] = true;
      ends[rank].push_back(last[l]);
    }
    for (const Rank rank : idle_) ends[rank.index()] = {met_[rank.index()]};
    for (const auto& [rank, op] : unawaited_writes(part_))
      ends[rank.index()].push_back(ops_[op.index()]);
    return ends;
  }

 private:
  void add_tables() {
    for (const Group& group : part_.groups) groups_.push_back(builder_.add_group(group.members));
    for (std::size_t b = 0; b < part_.buffers.size(); ++b)
      if (!place_[b].buffer.valid())
        place_[b] = {builder_.add_buffer(part_.buffers[b]), 0, {}, part_.buffers[b].size};
    for (const Kernel& kernel : part_.kernels) kernels_.push_back(builder_.add_kernel(kernel));
    for (const Lane& lane : part_.lanes) lanes_.push_back(add_lane(lane));
    for (const Rendezvous& r : part_.rendezvous)
      rendezvous_.push_back(builder_.add_rendezvous({groups_[r.group.index()], r.edge}));
    for (LibraryCall call : part_.library_calls) {
      call.group = groups_[call.group.index()];
      calls_.push_back(builder_.add_library_call(std::move(call)));
    }
  }

  LaneId add_lane(const Lane& lane) {
    switch (lane.engine) {
      case Engine::sm:
        return builder_.add_sm_lane(
            kernels_[lane.kernel.index()],
            {lane.ctas, lane.threads, lane.vector_bytes, lane.loads_in_flight});
      case Engine::copy: return builder_.add_copy_lane(lane.rank, lane.queue, lane.launch);
      case Engine::nic: return builder_.add_nic_lane(lane.rank, lane.queue, lane.launch);
      case Engine::library: return builder_.add_library_lane(lane.rank, lane.queue, lane.launch);
    }
    return {};
  }

  // On the first lane of each member; its other lanes wait for that.
  void meet(const std::vector<Rank>& members) {
    met_.resize(after_.size());
    const std::uint32_t rendezvous =
        builder_.add_rendezvous({builder_.add_group(members), Edge::flag_relaxed});
    for (const OpId id : first_ops(part_)) {
      if (!id.valid()) continue;
      const Rank rank = part_.rank_of(id);
      if (met_[rank.index()].valid()) continue;
      met_[rank.index()] = builder_.barrier(lanes_[part_.op(id).lane.index()], rendezvous,
                                            launched_after(after_[rank.index()]));
    }
    for (const Rank rank : members)
      if (!met_[rank.index()].valid()) meet_idle(rank, rendezvous);
  }

  // A member that does nothing in the part comes to the meeting all the same.
  void meet_idle(Rank rank, std::uint32_t rendezvous) {
    const KernelId kernel = builder_.add_kernel({rank, LaunchMode::graph, part_.name});
    const LaneId lane = builder_.add_sm_lane(kernel, {1, 32, 16, 1});
    met_[rank.index()] = builder_.barrier(lane, rendezvous, launched_after(after_[rank.index()]));
    idle_.push_back(rank);
  }

  // Slices and dependencies of an op, as they are in the whole.
  void collect(OpId id, bool first_of_lane) {
    sources_.clear(), destinations_.clear(), deps_.clear();
    for (const Slice& s : part_.sources(id)) sources_.push_back(placed(s));
    for (const Slice& s : part_.destinations(id)) destinations_.push_back(placed(s));
    for (const Dep& d : part_.deps_of(id))
      deps_.push_back(dep(ops_[d.id().index()], d.kind(), d.reach()));
    if (!first_of_lane) return;
    const std::size_t rank = part_.rank_of(id).index();
    const OpId met = met_.empty() ? OpId{} : met_[rank];
    const LaneId lane = lanes_[part_.op(id).lane.index()];
    if (met.valid() && builder_.plan().op(met).lane == lane) return;
    for (const Dep& d : launched_after(after_[rank])) deps_.push_back(d);
    if (met.valid()) deps_.push_back(dep(met, Edge::flag_relaxed, Scope::kernel));
  }

  [[nodiscard]] Slice placed(const Slice& s) const {
    const Slice& at = place_[s.buffer.index()];
    return {at.buffer, s.decay_power, at.offset + s.offset, s.size};
  }

  OpId append(OpId id) {
    const Op& op = part_.op(id);
    const LaneId lane = lanes_[op.lane.index()];
    switch (op.kind) {
      case OpKind::copy: return builder_.copy(lane, sources_, destinations_, deps_, op.order);
      case OpKind::reduce:
        return builder_.reduce(lane, op.oper, sources_, destinations_, deps_, op.order);
      case OpKind::scan_reduce:
        return builder_.scan_reduce(lane, op.oper, sources_, destinations_, deps_);
      case OpKind::multimem_reduce:
        return builder_.multimem_reduce(lane, sources_, destinations_, deps_);
      case OpKind::multimem_store:
        return builder_.multimem_store(lane, sources_.front(), destinations_, deps_);
      case OpKind::compute:
        return builder_.compute(lane, part_.computes[op.detail], sources_, destinations_, deps_);
      case OpKind::barrier: return builder_.barrier(lane, rendezvous_[op.detail], deps_);
      case OpKind::library:
        return builder_.library(lane, calls_[op.detail], sources_.front(), destinations_.front(),
                                deps_);
    }
    return {};
  }

  PlanBuilder& builder_;
  const Plan& part_;
  const Ends& after_;
  std::vector<Slice> place_;  // by buffer of the part
  std::vector<GroupId> groups_;
  std::vector<KernelId> kernels_;
  std::vector<LaneId> lanes_;
  std::vector<std::uint32_t> rendezvous_, calls_;
  std::vector<OpId> ops_;   // by op of the part
  std::vector<OpId> met_;   // by rank: its part of the meeting in front
  std::vector<Rank> idle_;  // members without other ops
  std::vector<Slice> sources_, destinations_;
  std::vector<Dep> deps_;
};

void place(std::vector<Slice>& places, const Plan& part, BufferId buffer, const Slice& slice) {
  TL_ENSURE(part.buffer(buffer).size == slice.size, "a stage's buffer has the size of its slice");
  TL_ENSURE(!places[buffer.index()].buffer.valid(), "a stage's buffer is placed once");
  places[buffer.index()] = slice;
}

}  // namespace

std::vector<Dep> launched_after(const std::vector<OpId>& ops) {
  std::vector<Dep> deps;
  for (const OpId op : ops) deps.push_back(dep(op, Edge::graph, Scope::kernel));
  return deps;
}

Ends append_plan(PlanBuilder& builder, const Plan& part, const Placement& placement,
                 const Ends& after) {
  TL_ENSURE(part.gpu_of_rank == builder.plan().gpu_of_rank, "a stage has the ranks of the plan");
  return Appending(builder, part, placement, after).run();
}

Ends append_collective(PlanBuilder& builder, const CollectiveStage& stage, const Ends& after) {
  const Plan part =
      build_plan(find_algorithm(stage.request.operation, stage.algorithm), stage.request);
  TL_ENSURE(part.claims.size() == 1, "a stage is one collective of one group");
  const Claim& claim = part.claims.front();
  if (claim.inputs == claim.outputs)
    throw UnsupportedError("algorithm \"" + stage.algorithm +
                           "\" works in place; a stage needs an input and an output");
  Placement placement;
  placement.place.resize(part.buffers.size());
  for (std::size_t m = 0; m < claim.inputs.size(); ++m) {
    place(placement.place, part, claim.inputs[m], stage.inputs[m]);
    place(placement.place, part, claim.outputs[m], stage.outputs[m]);
  }
  const std::vector<Rank>& members = part.groups[claim.group.index()].members;
  for (const OpId id : first_ops(part))
    if (id.valid() && members.size() > 1 && starts_alone(part, id)) placement.meeting = members;
  return append_plan(builder, part, placement, after);
}

OpId append_compute(PlanBuilder& builder, Rank rank, const LaneShape& shape, const Compute& work,
                    std::span<const Slice> reads, std::span<const Slice> writes, Ends& ends) {
  const KernelId kernel = builder.add_kernel({rank, LaunchMode::graph, work.kernel});
  const LaneId lane = builder.add_sm_lane(kernel, shape);
  std::vector<OpId>& end = ends[rank.index()];
  const OpId op = builder.compute(lane, work, reads, writes, launched_after(end));
  end = {op};
  return op;
}

}  // namespace twinlink::models
