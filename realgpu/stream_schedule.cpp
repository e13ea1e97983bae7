#include "realgpu/stream_schedule.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <utility>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::Op;
using models::OpKind;
using models::Plan;

// Predecessor of each op on its own lane (invalid: none); fills last_of_lane.
std::vector<OpId> lane_predecessors(const Plan& plan, std::vector<OpId>& last_of_lane) {
  last_of_lane.assign(plan.lanes.size(), OpId{});
  std::vector<OpId> previous(plan.ops.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    OpId& last = last_of_lane[plan.ops[i].lane.index()];
    previous[i] = std::exchange(last, OpId{i});
  }
  return previous;
}

// The ops of a kind by what they are members of: one of `meetings`.
std::vector<std::vector<OpId>> members_by_detail(const Plan& plan, OpKind kind,
                                                 std::size_t meetings) {
  std::vector<std::vector<OpId>> members(meetings);
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].kind == kind) members[plan.ops[i].detail].push_back(OpId{i});
  return members;
}

// Kahn's algorithm with the members of a rendezvous, or of a library call, taken as one node.
class Orderer {
 public:
  Orderer(const Plan& plan, const std::vector<OpId>& previous, const StreamSchedule& schedule)
      : plan_(plan), schedule_(schedule) {
    pending_.assign(plan.ops.size(), 0);
    successors_.resize(plan.ops.size());
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
      for (const models::Dep& d : plan.deps_of(OpId{i})) add_edge(d.id(), OpId{i});
      if (previous[i].valid()) add_edge(previous[i], OpId{i});
    }
    for (const auto& members : schedule.arrivals) missing_arrivals_.push_back(members.size());
    for (const auto& members : schedule.calls) missing_calls_.push_back(members.size());
  }

  std::vector<OpId> run() {
    for (std::size_t i = 0; i < pending_.size(); ++i)
      if (pending_[i] == 0) ready_.push(OpId{i});
    while (!ready_.empty()) {
      const OpId id = ready_.top();
      ready_.pop();
      take(id);
    }
    if (order_.size() != plan_.ops.size()) refuse();
    return std::move(order_);
  }

 private:
  void add_edge(OpId from, OpId to) {
    successors_[from.index()].push_back(to);
    ++pending_[to.index()];
  }
  void take(OpId id) {
    const Op& op = plan_.op(id);
    const bool meets = op.kind == OpKind::barrier;
    if (!meets && op.kind != OpKind::library) return emit(id);
    if (--(meets ? missing_arrivals_ : missing_calls_)[op.detail] > 0) return;
    for (const OpId member : (meets ? schedule_.arrivals : schedule_.calls)[op.detail])
      emit(member);
  }
  void emit(OpId id) {
    order_.push_back(id);
    for (const OpId next : successors_[id.index()])
      if (--pending_[next.index()] == 0) ready_.push(next);
  }
  void refuse() const {
    std::vector<std::uint8_t> done(plan_.ops.size(), 0);
    for (const OpId id : order_) done[id.index()] = 1;
    const auto stuck = std::find(done.begin(), done.end(), 0) - done.begin();
    throw InputError("the plan cannot be put in order: op " + std::to_string(stuck) +
                     " waits for a rendezvous that never completes");
  }

  const Plan& plan_;
  const StreamSchedule& schedule_;
  std::vector<std::size_t> missing_arrivals_, missing_calls_;
  std::vector<std::uint32_t> pending_;
  std::vector<std::vector<OpId>> successors_;
  std::priority_queue<OpId, std::vector<OpId>, std::greater<>> ready_;
  std::vector<OpId> order_;
};

// Which edges need an event, in id order, which is the order of every lane.
void find_waits(const Plan& plan, StreamSchedule& schedule) {
  std::map<std::pair<LaneId, LaneId>, OpId> waited;  // (waiting lane, other lane) -> latest op
  schedule.recorded.assign(plan.ops.size(), 0);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    schedule.first_wait.push_back(static_cast<std::uint32_t>(schedule.waits.size()));
    const LaneId lane = plan.ops[i].lane;
    std::vector<OpId> deps;
    for (const models::Dep& d : plan.deps_of(OpId{i})) deps.push_back(d.id());
    std::sort(deps.begin(), deps.end(), std::greater<>());
    for (const OpId on : deps) {
      const LaneId other = plan.op(on).lane;
      OpId& latest = waited[{lane, other}];
      if (other == lane || (latest.valid() && latest >= on)) continue;
      latest = on;
      schedule.waits.push_back(on);
      schedule.recorded[on.index()] = 1;
    }
  }
  schedule.first_wait.push_back(static_cast<std::uint32_t>(schedule.waits.size()));
}

}  // namespace

StreamSchedule make_stream_schedule(const Plan& plan) {
  StreamSchedule schedule;
  const std::vector<OpId> previous = lane_predecessors(plan, schedule.last_of_lane);
  schedule.arrivals = members_by_detail(plan, OpKind::barrier, plan.rendezvous.size());
  schedule.calls = members_by_detail(plan, OpKind::library, plan.library_calls.size());
  schedule.order = Orderer(plan, previous, schedule).run();
  find_waits(plan, schedule);
  return schedule;
}

}  // namespace twinlink::realgpu
