#include "sim/bounds.h"

#include <algorithm>
#include <vector>

#include "models/cost/cost_model.h"
#include "models/library/lower.h"
#include "sim/op_graph.h"
#include "topology/error.h"

namespace twinlink::sim {
namespace {

using namespace models;

// A bound must stay below: doubles may be off in the last digits.
Duration rounded_down(double seconds) {
  return {static_cast<std::int64_t>(seconds * 1e12 * (1 - 1e-12))};
}

// Longest path over lanes, edges and rendezvous, each op at its own best speed.
class LongestPath {
 public:
  LongestPath(const Plan& plan, CostModel& costs)
      : plan_(plan),
        costs_(costs),
        graph_(plan),
        begin_(plan.ops.size()),
        arrived_(plan.rendezvous.size()),
        used_(costs.resources().size()) {
    for (std::size_t i = 0; i < plan.ops.size(); ++i) begin_[i] = costs.launch_gap(OpId{i});
  }

  void run() {
    open_.reserve(plan_.ops.size());
    for (std::size_t i = 0; i < plan_.ops.size(); ++i)
      if (graph_.is_free(OpId{i})) open_.push_back(OpId{i});
    // First in, first out follows the order of ids, in which the plan lies in memory.
    for (std::size_t i = 0; i < open_.size(); ++i) visit(open_[i]);
  }
  [[nodiscard]] Duration longest() const { return longest_; }

  [[nodiscard]] const std::vector<double>& resource_bytes() const { return used_; }

 private:
  void visit(OpId op) {
    const OpCost cost = costs_.cost(op);
    const Duration end = begin_[op.index()] + cost.latency + transfer(cost);
    if (plan_.op(op).kind != OpKind::barrier) return finish(op, end, ahead_of(costs_, cost));
    const std::uint32_t id = plan_.op(op).detail;
    const Rendezvous& rendezvous = plan_.rendezvous[id];
    Meeting& meeting = arrived_[id];
    meeting.members.push_back(op);
    meeting.last = std::max(meeting.last, end);
    if (meeting.members.size() < plan_.groups[rendezvous.group.index()].members.size()) return;
    for (const OpId member : meeting.members)
      finish(member, meeting.last + costs_.barrier_latency(rendezvous.edge), {});
  }

  Duration transfer(const OpCost& cost) {
    for (const Use& use : costs_.pattern(cost.pattern))
      used_[static_cast<std::size_t>(use.resource)] += use.per_byte * cost.payload;
    return unloaded_transfer(costs_, cost);
  }

  // ahead: so long before its end its lane goes on.
  void finish(OpId op, Duration end, Duration ahead) {
    longest_ = std::max(longest_, end);
    const OpId next = graph_.next_on_lane(op);
    if (next.valid()) reach(next, end - ahead);
    for (const Dependent& d : graph_.dependents(op))
      reach(d.id(), end + costs_.edge_latency(d.kind(), d.crosses != 0) +
                        (d.launches() ? costs_.launch_gap(d.id()) : Duration{}));
  }

  void reach(OpId op, Duration when) {
    begin_[op.index()] = std::max(begin_[op.index()], when);
    if (graph_.release(op)) open_.push_back(op);
  }

  struct Meeting {
    std::vector<OpId> members;
    Duration last;
  };
  const Plan& plan_;
  CostModel& costs_;
  OpGraph graph_;
  std::vector<Duration> begin_;
  std::vector<Meeting> arrived_;
  std::vector<double> used_;
  std::vector<OpId> open_;  // every op, in the order in which it was reached
  Duration longest_;
};

}  // namespace

Duration unloaded_transfer(const CostModel& costs, const OpCost& cost) {
  if (cost.payload <= 0) return {};
  double rate = cost.cap;
  for (const Use& use : costs.pattern(cost.pattern))
    rate = std::min(
        rate, costs.resources()[static_cast<std::size_t>(use.resource)].capacity / use.per_byte);
  return rounded_down(cost.payload / rate);
}

Duration ahead_of(const CostModel& costs, const OpCost& cost) {
  if (cost.ahead <= 0) return {};
  OpCost tail = cost;
  tail.payload = cost.ahead;
  return unloaded_transfer(costs, tail) + Duration{1};
}

Duration resource_bound(const CostModel& costs, const std::vector<double>& bytes) {
  double seconds = 0;
  for (std::size_t r = 0; r < bytes.size(); ++r)
    seconds = std::max(seconds, bytes[r] / costs.resources()[r].capacity);
  return rounded_down(seconds);
}

LowerBound lower_bound(const Plan& plan, const topology::Topology& topology,
                       const CalibrationProfile& profile) {
  if (!plan.library_calls.empty())
    return lower_bound(lower(plan, library_machine(topology)).plan, topology, profile);
  CostModel costs(topology, profile, plan);
  LongestPath path(plan, costs);
  path.run();
  return {resource_bound(costs, path.resource_bytes()), path.longest()};
}

}  // namespace twinlink::sim
