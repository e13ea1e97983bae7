#pragma once
// Weighted max-min sharing of resources among classes of flows, kept up to date incrementally.
//
// Every flow runs at x = min(cap, weight x level of its owner); the owner is the resource on its
// way that saturates at the lowest level, and the level of a resource follows from its own balance,
//   sum over owned flows of per_byte x weight x level = capacity - usage by flows not owned,
// so once the order of the resources by level is known each level is one division. The order of
// the last solve is kept. A change is swept upwards through it: a resource whose balance changed
// gets its new level; if that passes a neighbour's, the two swap and the classes that use both
// change owner. Levels below a change are never touched. Usage is summed in integers (2^-44 of the
// largest capacity), so that sums are exact and independent of order and history. Soft classes then
// run at x times the soft factor softmin(q, 1) / min(q, 1) with softmin(a, b) = (a^-4 +
// b^-4)^(-1/4) and q = demand / capacity of the resource that froze them (if several did at the
// same level, or if their cap limits them: the largest q). Demand counts the flows that freeze at
// the resource's level at their cap, others at their rate, so it does not depend on who owns them.
// Engine flows get engine_share bytes per byte of all others where both want more than there is, by
// weights that follow from who is there (sharing_engines.cpp); 0: they are flows like others.
// Exact within 1e-10 (ties are kept in their order). At most 2^17 capped flows on one resource.
#include <cstdint>
#include <vector>

#include "sim/flow_table.h"
#include "sim/servers.h"
#include "sim/sharing_state.h"
#include "sim/usage.h"

namespace twinlink::sim {

// softmin(q, 1) / min(q, 1); 1 for infinite q.
double soft_factor(double q);

class Sharing {
 public:
  Sharing(FlowTable& table, Servers& servers, const std::vector<double>& capacities,
          double engine_share = 0);
  // Puts a class with its first flow under shared resources. served: bytes per flow so far.
  void activate(std::int32_t c, double served, Duration now);
  // Changes the number of flows of an active class; 0 ends its activity.
  void set_count(std::int32_t c, std::int32_t count);
  // Bytes per second; not above what it was first.
  void set_capacity(std::int32_t resource, double capacity);
  // Brings levels and rates up to date. Rates hold until the next change.
  void solve(Duration now);
  // Bytes per second that shared flows take from a resource; needs a solved state.
  [[nodiscard]] double load(std::int32_t resource) const;
  // Bytes per second and flow of an active class.
  [[nodiscard]] double rate_of(std::int32_t c) const;
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct EngineClass {
    std::int32_t cls;
    double own_weight;  // where nobody else is
  };

  [[nodiscard]] static bool owns(const Share& s) { return s.units + s.heavy > 0; }
  // Whether its place in the order means anything.
  [[nodiscard]] static bool is_placed(const Share& s) {
    return owns(s) || (s.place != kNobody && s.level != kUnlimited);
  }
  Share& at(std::int32_t r) { return shares_[static_cast<std::size_t>(r)]; }
  [[nodiscard]] const Share& at(std::int32_t r) const {
    return shares_[static_cast<std::size_t>(r)];
  }
  Users& users(std::int32_t r) { return users_[static_cast<std::size_t>(r)]; }
  [[nodiscard]] const Users& users(std::int32_t r) const {
    return users_[static_cast<std::size_t>(r)];
  }
  [[nodiscard]] std::int64_t to_units(double bytes_per_s) const;
  [[nodiscard]] std::int64_t usage_of(const FlowClass& c, const models::Use& use) const;

  // Who owns what (sharing.cpp).
  void enlist(std::int32_t c, bool active);
  [[nodiscard]] std::int32_t choose_owner(const FlowClass& c) const;
  void hold(std::int32_t c, std::int32_t owner);
  void release(std::int32_t c);
  void move(std::int32_t c, std::int32_t owner, Duration now);
  void move_unit(std::int32_t c, std::int32_t owner, Duration now);
  [[nodiscard]] double fair_rate(const FlowClass& c) const;
  // Owned classes but units; valid until the next call.
  const std::vector<std::int32_t>& heavy_of(std::int32_t r) const;
  void attach(std::int32_t c, double served, Duration now);
  void add_usage(std::int32_t r, std::int64_t units);
  void touch(std::int32_t r);
  void add_place(std::int32_t r);

  // Engine flows (sharing_engines.cpp).
  void enlist_engine(std::int32_t c, bool active);
  void weigh_engines(Duration now);
  [[nodiscard]] double engine_weight(const EngineClass& of) const;
  void set_weight(std::int32_t c, double weight, Duration now);

  // The sweep (sharing_sweep.cpp).
  void sweep(Duration now);
  [[nodiscard]] std::size_t first_touched() const;
  bool settle_in_place(std::size_t i, Duration now);
  bool stays_idle(std::size_t i);
  std::size_t settle(std::size_t i, Duration now);
  std::size_t retire(std::size_t i);
  void drop_place(std::size_t i);
  void send_to_end(std::size_t i);
  [[nodiscard]] bool is_squeezed(std::int32_t r) const;
  void swap_places(std::size_t i);
  [[nodiscard]] std::int32_t unit_between(std::int32_t from, std::int32_t to) const;
  void give_shared(std::int32_t from, std::int32_t to, Duration now);
  [[nodiscard]] double plain_level(const Share& s, std::int64_t usage) const;
  double level_with_caps(std::int32_t r, Duration now);
  bool move_limited(std::int32_t r, double level, Duration now);
  void refresh_weight(std::int32_t r);
  void commit(std::int32_t r, double level, Duration now);
  [[nodiscard]] bool can_be_unit(const FlowClass& c) const;
  void push_heavy(std::int32_t r, double from, double to);
  bool admit_overloaded();

  // Soft flows (sharing_soft.cpp).
  void soften(Duration now);
  void update_factor(std::int32_t r, Duration now);
  [[nodiscard]] double level_when_full(std::int32_t r) const;
  [[nodiscard]] double demand(std::int32_t r) const;
  [[nodiscard]] bool is_at_cap(const FlowClass& c) const;
  [[nodiscard]] double owned_rate(std::int32_t r) const;
  [[nodiscard]] bool may_freeze(std::int32_t r, const FlowClass& c) const;
  [[nodiscard]] std::int32_t busiest(const FlowClass& c) const;
  void attach_soft(std::int32_t c, Duration now);
  bool first_in_round(std::int32_t c);

  FlowTable& table_;
  Servers& servers_;
  double scale_;  // units per byte/s
  std::vector<Share> shares_;
  std::vector<Users> users_;
  Usage usage_;                      // by flows that the resource does not own
  std::vector<std::int32_t> order_;  // resources, ascending by level; those with no limit last
  std::vector<std::int32_t> touched_;
  std::vector<std::int32_t> scratch_;
  mutable std::vector<std::int32_t> heavy_scratch_;
  std::int32_t soft_classes_ = 0;
  std::uint64_t soft_round_ = 0;
  std::vector<std::uint64_t> soft_seen_;  // by class: the last round of soften that saw it
  bool changed_ = false;
  double engine_share_;
  std::vector<EngineClass> engines_;  // active ones
};

}  // namespace twinlink::sim
