#include "sim/sim_executor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

#include "models/cost/cost_model.h"
#include "topology/error.h"

namespace twinlink::sim {
namespace {

using namespace models;

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

struct Flow {
  OpId op;
  OpCost cost;
  double left;
  double rate = 0;
};


// The run of one plan; whole networks are solved anew at every change.
class Run {
 public:
  Run(const topology::Topology& topology, const CalibrationProfile& profile, const Plan& plan)
      : plan_(plan), cost_(topology, profile, plan), waiting_(plan.ops.size()), next_(plan.ops.size()) {
    result_.timeline.clock = Clock::simulated;
    result_.timeline.start.resize(plan.ops.size());
    result_.timeline.end.resize(plan.ops.size());
    ready_.resize(plan.ops.size());
    arrived_.resize(plan.rendezvous.size());
    link_dependents();
  }

  SimResult run() {
    for (std::size_t i = 0; i < plan_.ops.size(); ++i)
      if (waiting_[i] == 0) start(OpId{i});
    while (!latencies_.empty() || !flows_.empty()) step();
    TL_ENSURE(done_ == plan_.ops.size(), "every op ends");
    return std::move(result_);
  }

 private:
  void link_dependents() {
    std::vector<std::int32_t> last(plan_.lanes.size(), -1);
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
      auto& before = last[plan_.ops[i].lane.index()];
      if (before >= 0) depend(OpId{before}, OpId{i}, Duration{});
      before = static_cast<std::int32_t>(i);
      for (const Dep& d : plan_.deps_of(OpId{i})) {
        const bool crosses = plan_.gpu_of(plan_.rank_of(d.id())) != plan_.gpu_of(plan_.rank_of(OpId{i}));
        depend(d.id(), OpId{i}, cost_.edge_latency(d.kind(), crosses));
      }
    }
  }
  void depend(OpId on, OpId op, Duration latency) {
    next_[on.index()].push_back({op, latency});
    ++waiting_[op.index()];
  }

  void start(OpId op) {
    const OpCost cost = cost_.cost(op);
    result_.timeline.start[op.index()] = ready_[op.index()];
    latencies_.push({ready_[op.index()] + cost.latency, op});
  }

  void step() {
    const Duration now = next_time();
    advance(now);
    finish_flows(now);
    while (!latencies_.empty() && latencies_.top().first == now) {
      const OpId op = latencies_.top().second;
      latencies_.pop();
      after_latency(op, now);
    }
    solve();
  }

  Duration next_time() {
    std::int64_t next = latencies_.empty() ? INT64_MAX : latencies_.top().first.ps;
    for (const Flow& flow : flows_) next = std::min(next, end_of(flow));
    return Duration{next};
  }
  [[nodiscard]] std::int64_t end_of(const Flow& flow) const {
    return now_.ps + std::llround(std::ceil(flow.left / flow.rate * 1e12 - 1e-3));
  }
  void advance(Duration now) {
    for (Flow& flow : flows_)
      flow.left = end_of(flow) <= now.ps ? 0 : flow.left - flow.rate * to_us(now - now_) * 1e-6;
    now_ = now;
  }
  void finish_flows(Duration now) {
    std::vector<OpId> ended;
    for (const Flow& flow : flows_)
      if (flow.left <= 0) ended.push_back(flow.op);
    std::erase_if(flows_, [](const Flow& flow) { return flow.left <= 0; });
    for (const OpId op : ended) finish(op, now);
  }
  void after_latency(OpId op, Duration now) {
    if (plan_.op(op).kind == OpKind::barrier) return arrive(op, now);
    const OpCost cost = cost_.cost(op);
    if (cost.payload <= 0 || (cost.cap == kUnlimited && cost_.pattern(cost.pattern).empty()))
      return finish(op, now);
    flows_.push_back({op, cost, cost.payload});
  }
  void arrive(OpId op, Duration now) {
    const std::uint32_t id = plan_.op(op).detail;
    auto& members = arrived_[id];
    members.push_back(op);
    const Rendezvous& meeting = plan_.rendezvous[id];
    if (members.size() < plan_.groups[meeting.group.index()].members.size()) return;
    for (const OpId member : members) finish(member, now + cost_.barrier_latency(meeting.edge));
  }
  void finish(OpId op, Duration now) {
    result_.timeline.end[op.index()] = now;
    ++done_;
    for (const auto& [dependent, latency] : next_[op.index()]) {
      ready_[dependent.index()] = std::max(ready_[dependent.index()], now + latency);
      if (--waiting_[dependent.index()] == 0) start(dependent);
    }
  }

  void solve() {
    std::vector<double> left;
    for (const Resource& r : cost_.resources()) left.push_back(r.capacity);
    std::vector<bool> frozen(flows_.size());
    for (std::size_t rest = flows_.size(); rest > 0;) rest -= freeze(left, frozen);
  }
  std::size_t freeze(std::vector<double>& left, std::vector<bool>& frozen) {
    std::vector<double> weight(left.size());
    for (std::size_t i = 0; i < flows_.size(); ++i)
      if (!frozen[i])
        for (const Use& use : cost_.pattern(flows_[i].cost.pattern))
          weight[static_cast<std::size_t>(use.resource)] += use.per_byte * flows_[i].cost.weight;
    double level = kUnlimited;
    for (std::size_t r = 0; r < left.size(); ++r)
      if (weight[r] > 0) level = std::min(level, left[r] / weight[r]);
    for (std::size_t i = 0; i < flows_.size(); ++i)
      if (!frozen[i]) level = std::min(level, flows_[i].cost.cap / flows_[i].cost.weight);
    std::vector<bool> full(left.size());
    for (std::size_t r = 0; r < left.size(); ++r)
      full[r] = weight[r] > 0 && left[r] / weight[r] <= level * (1 + 1e-12);
    std::size_t count = 0;
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      if (frozen[i]) continue;
      const auto uses = cost_.pattern(flows_[i].cost.pattern);
      bool stop = flows_[i].cost.cap / flows_[i].cost.weight <= level * (1 + 1e-12);
      for (const Use& use : uses) stop |= full[static_cast<std::size_t>(use.resource)];
      if (!stop) continue;
      frozen[i] = true;
      ++count;
      flows_[i].rate = std::min(flows_[i].cost.cap, flows_[i].cost.weight * level);
      for (const Use& use : uses)
        left[static_cast<std::size_t>(use.resource)] -= use.per_byte * flows_[i].rate;
    }
    return count;
  }

  const Plan& plan_;
  CostModel cost_;
  SimResult result_;
  std::vector<std::int32_t> waiting_;
  std::vector<std::vector<std::pair<OpId, Duration>>> next_;
  std::vector<Duration> ready_;
  std::vector<std::vector<OpId>> arrived_;
  std::vector<Flow> flows_;
  std::priority_queue<std::pair<Duration, OpId>, std::vector<std::pair<Duration, OpId>>, std::greater<>> latencies_;
  Duration now_;
  std::size_t done_ = 0;
};

}  // namespace

SimResult SimExecutor::simulate(const Plan& plan) const { return Run(topology_, profile_, plan).run(); }

Execution SimExecutor::execute(const Plan& plan, const Inputs&) { return {simulate(plan).timeline, {}, {}}; }

}  // namespace twinlink::sim
