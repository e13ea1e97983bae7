#include "models/workloads/stages.h"

#include <map>
#include <set>
#include <utility>

#include "models/plan/part_tables.h"
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
    add_buffers();
    tables_ = add_tables(builder, part);
    if (!placement.meeting.empty()) meet(placement.meeting);
  }

  Ends run() {
    std::vector<OpId> last(part_.lanes.size());
    for (std::size_t i = 0; i < part_.ops.size(); ++i) {
      const OpId id{i};
      const std::size_t lane = part_.op(id).lane.index();
      collect(id, !last[lane].valid());
      ops_.push_back(append_op(builder_, part_, id, tables_, at_));
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
  void add_buffers() {
    for (std::size_t b = 0; b < part_.buffers.size(); ++b)
      if (!place_[b].buffer.valid())
        place_[b] = {builder_.add_buffer(part_.buffers[b]), 0, {}, part_.buffers[b].size};
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
      met_[rank.index()] = builder_.barrier(tables_.lanes[part_.op(id).lane.index()], rendezvous,
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
    at_ = {};
    for (const Slice& s : part_.sources(id)) at_.sources.push_back(placed(s));
    for (const Slice& s : part_.destinations(id)) at_.destinations.push_back(placed(s));
    for (const Dep& d : part_.deps_of(id))
      at_.deps.push_back(dep(ops_[d.id().index()], d.kind(), d.reach()));
    if (!first_of_lane) return;
    const std::size_t rank = part_.rank_of(id).index();
    const OpId met = met_.empty() ? OpId{} : met_[rank];
    const LaneId lane = tables_.lanes[part_.op(id).lane.index()];
    if (met.valid() && builder_.plan().op(met).lane == lane) return;
    for (const Dep& d : launched_after(after_[rank])) at_.deps.push_back(d);
    if (met.valid()) at_.deps.push_back(dep(met, Edge::flag_relaxed, Scope::kernel));
  }

  [[nodiscard]] Slice placed(const Slice& s) const {
    const Slice& at = place_[s.buffer.index()];
    return {at.buffer, s.decay_power, at.offset + s.offset, s.size};
  }

  PlanBuilder& builder_;
  const Plan& part_;
  const Ends& after_;
  std::vector<Slice> place_;  // by buffer of the part
  PartTables tables_;
  std::vector<OpId> ops_;   // by op of the part
  std::vector<OpId> met_;   // by rank: its part of the meeting in front
  std::vector<Rank> idle_;  // members without other ops
  PlacedOp at_;             // the op being added
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
