#include "models/library/lower.h"

#include <algorithm>
#include <set>

#include "models/library/nccl_subplan.h"
#include "models/plan/plan_builder.h"

namespace twinlink::models {
namespace {

class Lowering {
 public:
  Lowering(const Plan& plan, const LibraryMachine& machine)
      : plan_(plan), machine_(machine), calls_(plan.library_calls.size()) {
    result_.plan = plan;  // the tables; ops, slices and dependencies follow
    Plan& lowered = result_.plan;
    lowered.library_calls.clear();
    lowered.ops.clear();
    lowered.slices.clear();
    lowered.deps.clear();
    result_.first.resize(plan.ops.size());
    result_.last.resize(plan.ops.size());
    previous_.resize(plan.lanes.size());
  }

  LoweredPlan run() {
    for (std::size_t i = 0; i < plan_.ops.size(); ++i)
      plan_.ops[i].kind == OpKind::library ? arrive(OpId{i}) : keep(OpId{i});
    return std::move(result_);
  }

 private:
  [[nodiscard]] const std::vector<Rank>& group(std::uint32_t call) const {
    return plan_.groups[plan_.library_calls[call].group.index()].members;
  }

  [[nodiscard]] Dep moved(const Dep& d) const {
    return dep(result_.last[d.id().index()], d.kind(), d.reach());
  }

  void keep(OpId id) {
    Plan& lowered = result_.plan;
    Op op = plan_.op(id);
    op.first_slice = static_cast<std::uint32_t>(lowered.slices.size());
    op.first_dep = static_cast<std::uint32_t>(lowered.deps.size());
    for (const Slice& s : plan_.sources(id)) lowered.slices.push_back(s);
    for (const Slice& s : plan_.destinations(id)) lowered.slices.push_back(s);
    for (const Dep& d : plan_.deps_of(id)) lowered.deps.push_back(moved(d));
    lowered.ops.push_back(op);
    result_.first[id.index()] = result_.last[id.index()] = OpId{lowered.ops.size() - 1};
  }

  // A call becomes ops when its last member has come.
  void arrive(OpId id) {
    const std::uint32_t call = plan_.op(id).detail;
    calls_[call].push_back(id);
    if (calls_[call].size() == group(call).size()) expand(call);
  }

  void expand(std::uint32_t index) {
    NcclCall call{plan_.library_calls[index].operation, {}, {}, {}};
    std::vector<OpId> ops;
    for (const Rank rank : group(index)) {
      for (const OpId op : calls_[index])
        if (plan_.rank_of(op) == rank) ops.push_back(op);
      call.members.push_back(member_of(ops.back()));
      const auto gpu = static_cast<std::size_t>(plan_.gpu_of(rank));
      call.domain.push_back(machine_.domain_of_gpu.empty() ? 0 : machine_.domain_of_gpu[gpu]);
    }
    call.ll128_pieces = machine_.ll128_pieces;
    choose(call);
    lower_call(call);
    for (std::size_t m = 0; m < ops.size(); ++m) {
      result_.first[ops[m].index()] = call.members[m].first;
      result_.last[ops[m].index()] = call.members[m].last;
      previous_[plan_.op(ops[m]).lane.index()] = call.members[m].last;
    }
  }

  // The kernel follows the one before on its stream.
  CallMember member_of(OpId op) {
    const LaneId lane = plan_.op(op).lane;
    CallMember member{plan_.rank_of(op),
                      plan_.sources(op)[0],
                      plan_.destinations(op)[0],
                      plan_.lane(lane).launch,
                      {},
                      {},
                      {}};
    for (const Dep& d : plan_.deps_of(op)) member.after.push_back(moved(d));
    const OpId previous = previous_[lane.index()];
    if (previous.valid()) member.after.push_back(dep(previous, Edge::graph, Scope::kernel));
    return member;
  }

  void choose(NcclCall& call) const {
    NcclQuestion question;
    question.operation = call.operation;
    Bytes in, out;
    for (const CallMember& member : call.members) {
      in = std::max(in, member.in.size);
      out = std::max(out, member.out.size);
    }
    question.bytes = std::max(in, out);
    const std::set<std::int32_t> domains(call.domain.begin(), call.domain.end());
    question.domains = static_cast<int>(domains.size());
    question.ranks_per_domain = static_cast<int>(call.members.size()) / question.domains;
    question.generation = machine_.generation;
    question.multicast = machine_.multicast;
    question.version = machine_.version;
    call.choice = choose_nccl(question);
  }

  void lower_call(NcclCall& call) {
    if (call.members.size() == 1) {
      call.choice.algorithm = NcclAlgorithm::p2p;
      return lower_pairs(result_.plan, call);
    }
    switch (call.choice.algorithm) {
      case NcclAlgorithm::ring: return lower_ring(result_.plan, call);
      case NcclAlgorithm::tree: return lower_tree(result_.plan, call);
      case NcclAlgorithm::nvls: return lower_nvls(result_.plan, call);
      case NcclAlgorithm::p2p: return lower_pairs(result_.plan, call);
    }
  }

  const Plan& plan_;
  const LibraryMachine& machine_;
  LoweredPlan result_;
  std::vector<std::vector<OpId>> calls_;  // members that have come
  std::vector<OpId> previous_;            // last op of the call before, by library lane
};

}  // namespace

LoweredPlan lower(const Plan& plan, const LibraryMachine& machine) {
  return Lowering(plan, machine).run();
}

}  // namespace twinlink::models
