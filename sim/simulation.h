#pragma once
// One run of one plan in simulated time: the event loop.
//
// Kernels are launched at time 0, or by the event, graph and stream memory edges of their first
// ops; then the launch gap passes, during which flags may come. An op goes through: free
// (dependencies ended, lane reached it) -> ready (plus edge latency) -> started (its engine lets it
// in) -> latency phase -> transfer -> end. Barriers arrive instead of transferring and end
// together. Everything that happens at one instant is handled before the flows are solved once.
// Ends at one instant are handled in the order of op ids.
#include <cstdint>
#include <map>
#include <vector>

#include "models/cost/cost_model.h"
#include "models/plan/plan.h"
#include "models/timeline.h"
#include "sim/bounds.h"
#include "sim/clocks.h"
#include "sim/engines.h"
#include "sim/event_queue.h"
#include "sim/flow_solver.h"
#include "sim/op_graph.h"

namespace twinlink::sim {

class Simulation {
 public:
  enum class Bound : bool { none, wanted };
  // bound: whether lower_bound will be asked for; it takes 8 bytes an op.
  Simulation(const models::Plan& plan, models::CostModel& costs, Bound bound = Bound::none);
  // Once. Throws InternalError, naming an op, when the plan cannot go on.
  void run();

  [[nodiscard]] models::Timeline take_timeline() { return std::move(timeline_); }
  // Bytes that crossed each resource.
  [[nodiscard]] const std::vector<double>& resource_bytes() const { return resource_bytes_; }
  // As Clocks::mean_clocks, over the run; before its timeline is taken.
  [[nodiscard]] std::vector<double> mean_clocks() const {
    return clocks_.mean_clocks(timeline_.makespan());
  }
  // As sim::lower_bound of the plan; after the run, and only if wanted.
  [[nodiscard]] LowerBound lower_bound() const;
  // Heap bytes of the run's own state, timeline and cost model included.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  // What an event's 32 bits mean: the two highest say which kind, the others which one.
  enum class What : std::uint32_t { ready, latency_over, met, sample };
  struct Pending {  // an op in its latency phase
    OpId op;
    std::int32_t flow_class = kNobody;  // kNobody: nothing to transfer; of a free one: the next
    double payload = 0;
  };
  struct Tail {
    std::int32_t flow_class;
    double bytes;
  };

  void push(Duration when, What what, std::uint32_t which);
  void begin_free_ops();
  void drain(Duration now);
  void handle(const Event& event, Duration now);
  void settle_speeds(Duration now);
  void set_ready(OpId op, Duration now);
  void start(OpId op, Duration now);
  void after_latency(std::uint32_t slot, Duration now);
  models::OpCost cost_beside(OpId op);
  [[nodiscard]] Pending pending(OpId op, const models::OpCost& cost);
  void arrive(OpId op, Duration now);
  void meet(std::uint32_t rendezvous, Duration now);
  [[nodiscard]] std::uint32_t keep(const Pending& pending);
  void begin_transfer(const Pending& pending, Duration now);
  void flow_ended(std::uint32_t tag, Duration now);
  void go_on(OpId op, Duration now);
  void begin_last_wave(OpId op, Duration now);
  [[nodiscard]] double last_wave(const Pending& pending) const;
  void finish(OpId op, Duration now);
  void bound_start(OpId op, const models::OpCost& cost);
  void bound_next(OpId op);
  void bound_meeting(std::uint32_t rendezvous);
  [[nodiscard]] Duration gap_of(const Dependent& d) const;
  [[nodiscard]] bool gone_on(OpId op) const {
    return !tails_.empty() && tails_.find(op.value) != tails_.end();
  }
  void free_after(OpId op, Duration when, Duration now);
  [[noreturn]] void fail_stuck() const;

  const models::Plan& plan_;
  models::CostModel& costs_;
  OpGraph graph_;
  Clocks clocks_;
  Engines engines_;
  FlowSolver solver_;
  EventQueue events_;
  models::Timeline timeline_;           // start holds the ready time until the op starts
  std::vector<Duration> edge_latency_;  // by edge, twice: near, and where it crosses
  std::vector<Pending> pending_;
  std::int32_t free_slot_ = kNobody;
  std::map<std::int32_t, Tail> tails_;       // by op: what its lane does not wait for
  std::map<std::int32_t, Tail> last_waves_;  // by op: what leaves room for others
  std::vector<std::vector<OpId>> arrived_;   // per rendezvous
  // Chain bound, empty if not wanted: the longest path to the op's start, once it has started to
  // its end.
  std::vector<Duration> chain_;
  std::vector<double> resource_bytes_;
  std::vector<std::uint32_t> ended_;
  std::vector<OpId> let_in_;
  std::size_t done_ = 0;
  bool flows_changed_ = false;
};

}  // namespace twinlink::sim
