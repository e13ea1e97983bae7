#pragma once
// When concurrent transfers end, given what they share: the simulator's fluid model.
//
// Flows begin at given instants and run at the rates of Sharing (weighted max-min with caps, then
// the soft factor); each ends when its payload has been served, in whole ps, rounded up. All begins
// of one instant are followed by one solve. A flow whose resources nobody else uses needs no
// solving: its rate is constant (alone). Deterministic; no clock, no randomness.
#include <cstdint>
#include <span>
#include <vector>

#include "sim/event_queue.h"
#include "sim/flow_table.h"
#include "sim/servers.h"
#include "sim/sharing.h"

namespace twinlink::sim {

class FlowSolver {
 public:
  // Bytes per second of each resource. The capacities of those from `fixed` on may change.
  // engine_share: Sharing.
  explicit FlowSolver(std::vector<double> capacities, std::size_t fixed = SIZE_MAX,
                      double engine_share = 0);
  FlowSolver(const FlowSolver&) = delete;
  FlowSolver& operator=(const FlowSolver&) = delete;

  // The class of such a flow, payload and tag apart. uses: ascending by resource, per_byte > 0; the
  // same for every flow of the pattern; must outlive the solver. A flow needs a finite cap or a
  // use.
  std::int32_t class_of(const FlowSpec& spec, std::span<const models::Use> uses);
  [[nodiscard]] std::span<const models::Use> uses(std::int32_t c) const { return table_[c].uses(); }
  void begin(std::int32_t c, double payload, std::uint32_t tag, Duration now);
  void begin(const FlowSpec& spec, std::span<const models::Use> uses, Duration now) {
    begin(class_of(spec, uses), spec.payload, spec.tag, now);
  }
  // From now on, once solved; at least a part in 10^6 of what it was first. Only from `fixed` on.
  void set_capacity(std::int32_t resource, double capacity);
  // After the begins, ends and changes of one instant.
  void solve(Duration now) { sharing_.solve(now); }
  // When the next flow ends, if nothing begins before; Servers::kNever if there is none. Needs a
  // solved state.
  [[nodiscard]] std::int64_t next_end();
  // Appends the tags of the flows that have ended at `now`, in ascending order.
  void take_ended(Duration now, std::vector<std::uint32_t>& tags);

  // Bytes per second that a resource gives now, and that each flow of a pattern gets (the class
  // used last); for tests and reports.
  [[nodiscard]] double load(std::int32_t resource) const;
  [[nodiscard]] double rate(const FlowSpec& spec) const;
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  [[nodiscard]] double alone_rate(const FlowClass& c) const;
  void forbid_pairs(Duration now);
  void begin_alone(std::int32_t c, Duration now);
  void end_alone(std::int32_t c);
  void share(std::int32_t c, Duration now);
  void share_neighbours(std::int32_t c, Duration now);
  [[nodiscard]] bool is_current(const Event& end) const;

  std::vector<double> capacities_;
  mutable FlowTable table_;
  Servers servers_;
  Sharing sharing_;
  std::vector<std::int32_t> users_;  // flows per resource; those that change count one more
  std::size_t fixed_;
  std::vector<std::int32_t> alone_;  // per resource: the class that is alone there, kNobody if none
  EventQueue alone_ends_;
};

}  // namespace twinlink::sim
