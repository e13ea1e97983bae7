#include "sim/simulation.h"

#include <algorithm>
#include <string>

#include "topology/error.h"
#include "topology/large_pages.h"

namespace twinlink::sim {
namespace {

using namespace models;

constexpr std::uint32_t kWhatShift = 30;
constexpr std::uint32_t kWhichMask = (1U << kWhatShift) - 1;

// Tag of a flow after which the op's lane goes on, while the rest of its payload passes.
constexpr std::uint32_t kHead = 1U << 31;

std::vector<double> capacities(const CostModel& costs) {
  std::vector<double> result;
  for (const Resource& resource : costs.resources()) result.push_back(resource.capacity);
  return result;
}

std::vector<Duration> edge_latencies(const CostModel& costs) {
  std::vector<Duration> result;
  for (const auto& word : words(Edge{}))
    for (const bool crosses : {false, true})
      result.push_back(costs.edge_latency(word.value, crosses));
  return result;
}

std::size_t edge_index(const Dependent& d) { return 2 * std::size_t{d.edge} + d.crosses; }

}  // namespace

Simulation::Simulation(const Plan& plan, CostModel& costs, Bound bound)
    : plan_(plan),
      costs_(costs),
      graph_(plan),
      clocks_(plan, costs),
      engines_(plan, {costs.cta_slots(), costs.copy_slots(), clocks_.has_sms(), costs.in_order(),
                      costs.packed_ctas()}),
      solver_(capacities(costs), costs.first_sms(), costs.engine_share()),
      edge_latency_(edge_latencies(costs)),
      arrived_(plan.rendezvous.size()),
      resource_bytes_(costs.resources().size()) {
  timeline_.clock = Clock::simulated;
  resize_large(timeline_.start, plan.ops.size());
  resize_large(timeline_.end, plan.ops.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) timeline_.start[i] = costs.launch_gap(OpId{i});
  if (bound == Bound::none) return;
  reserve_large(chain_, plan.ops.size());
  chain_ = timeline_.start;
}

void Simulation::run() {
  begin_free_ops();
  while (true) {
    std::int64_t next = solver_.next_end();
    if (!events_.empty()) next = std::min(next, events_.top().when);
    if (next == Servers::kNever) break;
    drain(Duration{next});
  }
  if (done_ != plan_.ops.size()) fail_stuck();
}

void Simulation::begin_free_ops() {
  for (std::size_t i = 0; i < plan_.ops.size(); ++i)
    if (graph_.is_free(OpId{i})) set_ready(OpId{i}, Duration{});
  drain(Duration{});
}

void Simulation::drain(Duration now) {
  ended_.clear();
  solver_.take_ended(now, ended_);
  flows_changed_ = !ended_.empty();
  for (const std::uint32_t tag : ended_) flow_ended(tag, now);
  while (!events_.empty() && events_.top().when == now.ps) handle(events_.pop(), now);
  if (clocks_.has_sms()) settle_speeds(now);
  if (flows_changed_) solver_.solve(now);
}

void Simulation::flow_ended(std::uint32_t tag, Duration now) {
  const OpId op{static_cast<std::int32_t>(tag & ~kHead)};
  if ((tag & kHead) != 0) return go_on(op, now);
  if (clocks_.follow_power()) clocks_.end(op);
  finish(op, now);
}

// The lane goes on; what it does not wait for passes beside its next op.
void Simulation::go_on(OpId op, Duration now) {
  if (last_waves_.contains(op.value)) return begin_last_wave(op, now);
  const Tail& tail = tails_.at(op.value);
  solver_.begin(tail.flow_class, tail.bytes, static_cast<std::uint32_t>(op.value), now);
  flows_changed_ = true;
  const OpId next = graph_.next_on_lane(op);
  if (next.valid()) free_after(next, now, now);
}

void Simulation::begin_last_wave(OpId op, Duration now) {
  const Tail wave = last_waves_.extract(op.value).mapped();
  solver_.begin(wave.flow_class, wave.bytes, static_cast<std::uint32_t>(op.value), now);
  flows_changed_ = true;
  let_in_.clear();
  engines_.leave_room(op, let_in_);
  for (const OpId other : let_in_) start(other, now + costs_.launch_gap(other));
}

// What of the op's payload leaves SMs to kernels that wait for it.
double Simulation::last_wave(const Pending& pending) const {
  if (plan_.op(pending.op).kind != OpKind::compute || !engines_.packs()) return 0;
  const std::int32_t gpu = plan_.gpu_of(plan_.rank_of(pending.op));
  if (engines_.filled_by(gpu) != pending.op) return 0;
  return costs_.last_wave(pending.op, engines_.held(gpu)) * pending.payload;
}

// What began, ended and was sampled now changes how fast SMs are from now on.
void Simulation::settle_speeds(Duration now) {
  for (const std::int32_t gpu : engines_.held_changes())
    if (!engines_.leaves_room(gpu))
      clocks_.leave(gpu, costs_.free_sms(engines_.filled_by(gpu), engines_.held(gpu)));
  engines_.held_changes().clear();
  clocks_.settle(now);
  flows_changed_ |= !clocks_.speeds().empty();
  for (const Clocks::Speed& speed : clocks_.speeds())
    solver_.set_capacity(speed.resource, speed.capacity);
  for (const Clocks::Sample& sample : clocks_.samples())
    push(sample.when, What::sample, static_cast<std::uint32_t>(sample.gpu));
  clocks_.clear();
}

void Simulation::push(Duration when, What what, std::uint32_t which) {
  events_.push(when, (static_cast<std::uint32_t>(what) << kWhatShift) | which);
}

void Simulation::handle(const Event& event, Duration now) {
  const std::uint32_t which = event.what & kWhichMask;
  switch (static_cast<What>(event.what >> kWhatShift)) {
    case What::ready: {
      const OpId op{static_cast<std::int32_t>(which)};
      if (engines_.request(op)) start(op, now);
      return;
    }
    case What::latency_over: return after_latency(which, now);
    case What::met: return meet(which, now);
    case What::sample:
      if (done_ < plan_.ops.size()) clocks_.sample(static_cast<std::int32_t>(which), now);
      return;
  }
}

// The op is free; it is ready at the time kept in start, which may still lie ahead.
void Simulation::set_ready(OpId op, Duration now) {
  const Duration ready = timeline_.start[op.index()];
  if (engines_.is_open(plan_.op(op).lane)) return start(op, std::max(ready, now));
  if (ready > now) return push(ready, What::ready, static_cast<std::uint32_t>(op.value));
  if (engines_.request(op)) start(op, now);
}

void Simulation::start(OpId op, Duration when) {
  timeline_.start[op.index()] = when;
  const OpCost cost = engines_.packs() ? cost_beside(op) : costs_.cost(op);
  const Pending next = pending(op, cost);
  if (cost.ahead > 0 && next.flow_class != kNobody)
    tails_[op.value] = {next.flow_class, cost.ahead};
  const std::uint32_t slot = keep(next);
  if (!chain_.empty()) bound_start(op, engines_.packs() ? costs_.cost(op) : cost);
  push(when + cost.latency, What::latency_over, slot);
}

OpCost Simulation::cost_beside(OpId op) {
  const Op& what = plan_.op(op);
  if (plan_.lane(what.lane).engine != Engine::sm || what.kind == OpKind::compute)
    return costs_.cost(op);
  const auto [product, packed] = engines_.neighbour(what.lane);
  if (!packed) return costs_.cost(op, {product, false, 0});
  const std::int32_t held = engines_.held(plan_.gpu_of(plan_.rank_of(op)));
  return costs_.cost(op, {product, true, costs_.last_wave(product, held)});
}

Simulation::Pending Simulation::pending(OpId op, const OpCost& cost) {
  const auto uses = costs_.pattern(cost.pattern);
  const bool instant = cost.payload <= 0 || (uses.empty() && cost.cap == kUnlimited);
  if (instant) return {op};
  const FlowSpec spec{0, cost.cap, cost.weight, cost.pattern, cost.soft, 0, cost.engine};
  return {op, solver_.class_of(spec, uses), cost.payload};
}

std::uint32_t Simulation::keep(const Pending& pending) {
  if (free_slot_ == kNobody) {
    pending_.push_back(pending);
    return static_cast<std::uint32_t>(pending_.size() - 1);
  }
  const auto slot = static_cast<std::uint32_t>(free_slot_);
  free_slot_ = pending_[slot].flow_class;
  pending_[slot] = pending;
  return slot;
}

void Simulation::after_latency(std::uint32_t slot, Duration now) {
  const Pending pending = pending_[slot];
  const OpId op = pending.op;
  pending_[slot].flow_class = free_slot_;
  free_slot_ = static_cast<std::int32_t>(slot);
  if (plan_.op(op).kind == OpKind::barrier) return arrive(op, now);
  if (pending.flow_class == kNobody) return finish(op, now);
  for (const Use& use : solver_.uses(pending.flow_class))
    resource_bytes_[static_cast<std::size_t>(use.resource)] += use.per_byte * pending.payload;
  if (clocks_.follow_power()) clocks_.begin(op);
  begin_transfer(pending, now);
}

void Simulation::begin_transfer(const Pending& pending, Duration now) {
  const auto tag = static_cast<std::uint32_t>(pending.op.value);
  flows_changed_ = true;
  if (const double last = last_wave(pending); last > 0) {
    last_waves_[pending.op.value] = {pending.flow_class, last};
    if (last >= pending.payload) return begin_last_wave(pending.op, now);
    return solver_.begin(pending.flow_class, pending.payload - last, tag | kHead, now);
  }
  if (!gone_on(pending.op)) return solver_.begin(pending.flow_class, pending.payload, tag, now);
  const double ahead = tails_.at(pending.op.value).bytes;
  if (ahead >= pending.payload) return go_on(pending.op, now);
  solver_.begin(pending.flow_class, pending.payload - ahead, tag | kHead, now);
}

void Simulation::arrive(OpId op, Duration now) {
  const std::uint32_t id = plan_.op(op).detail;
  const Rendezvous& rendezvous = plan_.rendezvous[id];
  arrived_[id].push_back(op);
  if (arrived_[id].size() < plan_.groups[rendezvous.group.index()].members.size()) return;
  push(now + costs_.barrier_latency(rendezvous.edge), What::met, id);
}

void Simulation::meet(std::uint32_t rendezvous, Duration now) {
  std::sort(arrived_[rendezvous].begin(), arrived_[rendezvous].end());
  if (!chain_.empty()) bound_meeting(rendezvous);
  for (const OpId member : arrived_[rendezvous]) finish(member, now);
}

void Simulation::finish(OpId op, Duration now) {
  timeline_.end[op.index()] = now;
  ++done_;
  if (!chain_.empty()) bound_next(op);
  let_in_.clear();
  engines_.release(op, let_in_);
  for (const OpId other : let_in_) start(other, now + costs_.launch_gap(other));
  const OpId next = graph_.next_on_lane(op);
  if (next.valid() && !gone_on(op)) free_after(next, now, now);
  for (const Dependent& d : graph_.dependents(op))
    free_after(d.id(), now + edge_latency_[edge_index(d)] + gap_of(d), now);
}

// Beside nobody.
void Simulation::bound_start(OpId op, const OpCost& cost) {
  chain_[op.index()] += cost.latency + unloaded_transfer(costs_, cost);
}

// The chain bound of what comes after the op, whatever engines and sharing made of it.
void Simulation::bound_next(OpId op) {
  const Duration end = chain_[op.index()];
  const auto reach = [this](OpId other, Duration when) {
    chain_[other.index()] = std::max(chain_[other.index()], when);
  };
  const OpId next = graph_.next_on_lane(op);
  if (next.valid()) reach(next, gone_on(op) ? end - ahead_of(costs_, costs_.cost(op)) : end);
  for (const Dependent& d : graph_.dependents(op))
    reach(d.id(), end + edge_latency_[edge_index(d)] + gap_of(d));
}

void Simulation::bound_meeting(std::uint32_t rendezvous) {
  Duration last;
  for (const OpId member : arrived_[rendezvous]) last = std::max(last, chain_[member.index()]);
  for (const OpId member : arrived_[rendezvous])
    chain_[member.index()] = last + costs_.barrier_latency(plan_.rendezvous[rendezvous].edge);
}

LowerBound Simulation::lower_bound() const {
  TL_ENSURE(done_ == chain_.size(), "the bound was wanted");
  LowerBound result{resource_bound(costs_, resource_bytes_), {}};
  for (const Duration end : chain_) result.chain = std::max(result.chain, end);
  return result;
}

Duration Simulation::gap_of(const Dependent& d) const {
  return d.launches() ? costs_.launch_gap(d.id()) : Duration{};
}

void Simulation::free_after(OpId op, Duration when, Duration now) {
  Duration& ready = timeline_.start[op.index()];
  ready = std::max(ready, when);
  if (graph_.release(op)) set_ready(op, now);
}

void Simulation::fail_stuck() const {
  OpId stuck = engines_.any_waiting();
  const char* why = "waits for its engine";
  for (std::size_t i = 0; i < plan_.ops.size() && !stuck.valid(); ++i) {
    if (!graph_.is_free(OpId{i})) {
      stuck = OpId{i};
      why = "waits for an op that never ends";
    }
  }
  for (std::size_t id = 0; id < arrived_.size() && !stuck.valid(); ++id)
    if (!arrived_[id].empty()) stuck = arrived_[id].front(), why = "waits at its rendezvous";
  throw InternalError("the plan stops: op " + std::to_string(stuck.value) + " of rank " +
                      std::to_string(plan_.rank_of(stuck).value) + " " + why + " (" +
                      std::to_string(plan_.ops.size() - done_) + " ops left)");
}

std::size_t Simulation::memory_bytes() const {
  return graph_.memory_bytes() + costs_.memory_bytes() + solver_.memory_bytes() +
         events_.memory_bytes() +
         (timeline_.start.capacity() + timeline_.end.capacity()) * sizeof(Duration) +
         pending_.capacity() * sizeof(Pending) + engines_.memory_bytes() +
         chain_.capacity() * sizeof(Duration);
}

}  // namespace twinlink::sim
