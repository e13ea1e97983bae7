#include "sim/flow_solver.h"

#include <algorithm>

#include "topology/error.h"

namespace twinlink::sim {
namespace {

// The part of a duration below which it counts as rounding noise.
constexpr double kNoise = 0x1p-50;

std::int64_t whole_ps(double duration) {
  const double least = duration - duration * kNoise;
  const auto whole = static_cast<std::int64_t>(least);
  return static_cast<double>(whole) < least ? whole + 1 : whole;
}

}  // namespace

FlowSolver::FlowSolver(std::vector<double> capacities, std::size_t fixed, double engine_share)
    : capacities_(std::move(capacities)),
      servers_(table_, capacities_.size()),
      sharing_(table_, servers_, capacities_, engine_share),
      users_(capacities_.size(), 0),
      fixed_(std::min(fixed, capacities_.size())),
      alone_(capacities_.size(), kNobody) {
  if (engine_share > 0) table_.forbid_pairs();  // engines weigh what is listed: pairs are not
  // Nobody is ever alone where the rate may change.
  for (std::size_t r = fixed_; r < users_.size(); ++r) users_[r] = 1;
}

void FlowSolver::set_capacity(std::int32_t resource, double capacity) {
  const auto r = static_cast<std::size_t>(resource);
  TL_ENSURE(r >= fixed_ && capacity > 0, "a capacity that may change stays above 0");
  capacities_[r] = capacity;
  sharing_.set_capacity(resource, capacity);
}

std::int32_t FlowSolver::class_of(const FlowSpec& spec, std::span<const models::Use> uses) {
  TL_ENSURE(!uses.empty() || spec.cap != kUnlimited, "a flow takes time");
  return table_.class_of(spec, uses);
}

void FlowSolver::begin(std::int32_t c, double payload, std::uint32_t tag, Duration now) {
  TL_ENSURE(payload > 0, "a flow takes time");
  FlowClass& cls = table_[c];
  if (cls.soft && table_.pairs_allowed()) forbid_pairs(now);
  bool free = cls.owner == kNobody;
  for (const models::Use& use : cls.uses())
    free &= users_[static_cast<std::size_t>(use.resource)] == 0;
  for (const models::Use& use : cls.uses()) ++users_[static_cast<std::size_t>(use.resource)];
  if (free) {
    table_.add_flow(c, payload, tag);
    begin_alone(c, now);
    return;
  }
  if (cls.owner == kNobody) {
    table_.add_flow(c, payload, tag);
    cls.count = 1;
    cls.alone = false;
    share_neighbours(c, now);
    sharing_.activate(c, 0, now);
    return;
  }
  if (cls.owner == kAlone) share(c, now);
  table_.add_flow(c, servers_.served(c, now) + payload, tag);
  sharing_.set_count(c, cls.count + 1);
}

// Pairs are a short cut that soft flows beside them do not allow.
void FlowSolver::forbid_pairs(Duration now) {
  for (std::int32_t c = 0; c < table_.size(); ++c) {
    FlowClass& cls = table_[c];
    if (!cls.pair) continue;
    if (cls.owner < 0) {
      cls.pair = false;
      continue;
    }
    const double served = servers_.served(c, now);
    const std::int32_t count = cls.count;
    sharing_.set_count(c, 0);
    cls.pair = false;
    cls.count = count;
    sharing_.activate(c, served, now);
  }
  table_.forbid_pairs();
}

// Its rate follows from its cap and its narrowest resource, and so does its soft factor.
double FlowSolver::alone_rate(const FlowClass& c) const {
  double rate = c.cap;
  double busy = 0;
  for (const models::Use& use : c.uses()) {
    const double capacity = capacities_[static_cast<std::size_t>(use.resource)];
    rate = std::min(rate, capacity / use.per_byte);
    if (c.soft) busy = std::max(busy, use.per_byte * c.cap / capacity);
  }
  return c.soft ? rate * soft_factor(busy) : rate;
}

void FlowSolver::begin_alone(std::int32_t c, Duration now) {
  FlowClass& cls = table_[c];
  for (const models::Use& use : cls.uses()) alone_[static_cast<std::size_t>(use.resource)] = c;
  cls.owner = kAlone;
  cls.count = 1;
  cls.base = static_cast<double>(now.ps);
  if (!cls.alone) cls.speed = alone_rate(cls) * 1e-12;
  cls.alone = true;
  const Duration end{now.ps + whole_ps(table_.first_mark(c) / cls.speed)};
  cls.server = static_cast<std::int32_t>(alone_ends_.push(end, static_cast<std::uint32_t>(c)));
}

// From alone to shared.
void FlowSolver::share(std::int32_t c, Duration now) {
  FlowClass& cls = table_[c];
  for (const models::Use& use : cls.uses())
    alone_[static_cast<std::size_t>(use.resource)] = kNobody;
  cls.server = kNobody;
  const double served = (static_cast<double>(now.ps) - cls.base) * cls.speed;
  cls.alone = false;
  sharing_.activate(c, served, now);
}

void FlowSolver::share_neighbours(std::int32_t c, Duration now) {
  for (const models::Use& use : table_[c].uses()) {
    const std::int32_t neighbour = alone_[static_cast<std::size_t>(use.resource)];
    if (neighbour != kNobody) share(neighbour, now);
  }
}

bool FlowSolver::is_current(const Event& end) const {
  const FlowClass& cls = table_[static_cast<std::int32_t>(end.what)];
  return cls.owner == kAlone && cls.server == static_cast<std::int32_t>(end.sequence);
}

std::int64_t FlowSolver::next_end() {
  while (!alone_ends_.empty() && !is_current(alone_ends_.top())) alone_ends_.pop();
  const std::int64_t alone = alone_ends_.empty() ? Servers::kNever : alone_ends_.top().when;
  return std::min(alone, servers_.next_end());
}

void FlowSolver::end_alone(std::int32_t c) {
  FlowClass& cls = table_[c];
  for (const models::Use& use : cls.uses())
    alone_[static_cast<std::size_t>(use.resource)] = kNobody;
  cls.owner = cls.server = kNobody;
  cls.count = 0;
}

void FlowSolver::take_ended(Duration now, std::vector<std::uint32_t>& tags) {
  const std::size_t before = tags.size();
  const auto leave = [this, &tags](std::int32_t c) {
    tags.push_back(table_.pop_flow(c));
    for (const models::Use& use : table_[c].uses())
      --users_[static_cast<std::size_t>(use.resource)];
  };
  while (!alone_ends_.empty() && alone_ends_.top().when <= now.ps) {
    const Event end = alone_ends_.pop();
    if (!is_current(end)) continue;
    leave(static_cast<std::int32_t>(end.what));
    end_alone(static_cast<std::int32_t>(end.what));
  }
  if (servers_.next_end() <= now.ps)
    for (std::int32_t c = servers_.ended(now); c != kNobody; c = servers_.ended(now)) {
      leave(c);
      sharing_.set_count(c, table_[c].count - 1);
    }
  const auto first = tags.begin() + static_cast<std::ptrdiff_t>(before);
  if (!std::is_sorted(first, tags.end())) std::sort(first, tags.end());
}

double FlowSolver::load(std::int32_t resource) const {
  const std::int32_t c = alone_[static_cast<std::size_t>(resource)];
  if (c == kNobody) return sharing_.load(resource);
  for (const models::Use& use : table_[c].uses())
    if (use.resource == resource) return use.per_byte * table_[c].speed * 1e12;
  return 0;
}

double FlowSolver::rate(const FlowSpec& spec) const {
  const std::int32_t c = table_.class_of(spec, {});
  if (table_[c].owner == kNobody) return 0;
  return table_[c].owner == kAlone ? table_[c].speed * 1e12 : sharing_.rate_of(c);
}

std::size_t FlowSolver::memory_bytes() const {
  return table_.memory_bytes() + servers_.memory_bytes() + sharing_.memory_bytes() +
         capacities_.capacity() * sizeof(double) +
         (users_.capacity() + alone_.capacity()) * sizeof(std::int32_t) +
         alone_ends_.memory_bytes();
}

}  // namespace twinlink::sim
