#include "sim/sharing.h"

#include <algorithm>
#include <cmath>

#include "topology/error.h"

namespace twinlink::sim {
namespace {

double scale_for(const std::vector<double>& capacities) {
  double most = 1;
  for (const double c : capacities) most = std::max(most, c);
  return std::exp2(44 - std::ilogb(most));
}

}  // namespace

Sharing::Sharing(FlowTable& table, Servers& servers, const std::vector<double>& capacities,
                 double engine_share)
    : table_(table),
      servers_(servers),
      scale_(scale_for(capacities)),
      shares_(capacities.size()),
      users_(capacities.size()),
      usage_(capacities.size()),
      engine_share_(engine_share) {
  for (std::size_t r = 0; r < capacities.size(); ++r) {
    TL_ENSURE(capacities[r] > 0, "a resource has a capacity");
    shares_[r].capacity = to_units(capacities[r]);
  }
}

// Bounded, so that the demand of 2^17 flows fits.
std::int64_t Sharing::to_units(double bytes_per_s) const {
  constexpr double kMost = 0x1p45;
  return static_cast<std::int64_t>(std::min(bytes_per_s * scale_, kMost));
}

double Sharing::fair_rate(const FlowClass& c) const {
  return c.owner >= 0 ? c.weight * at(c.owner).pushed : c.cap;
}

double Sharing::rate_of(std::int32_t c) const {
  const FlowClass& cls = table_[c];
  const bool softened = cls.soft && !cls.uses().empty();
  return fair_rate(cls) * (softened ? soft_factor(users(busiest(cls)).busy) : 1);
}

double Sharing::load(std::int32_t resource) const {
  double total = at(resource).units * at(resource).pushed;
  for (const std::int32_t c : servers_.classes(servers_.hard(resource)))
    if (table_[c].pair && !table_[c].unit) total += table_[c].count * fair_rate(table_[c]);
  double listed_at_fair_rates = 0;
  for (const std::int32_t c : users(resource).listed)
    for (const models::Use& use : table_[c].uses()) {
      if (use.resource != resource) continue;
      total += table_[c].count * use.per_byte * rate_of(c);
      if (table_[c].owner != resource)
        listed_at_fair_rates += table_[c].count * use.per_byte * fair_rate(table_[c]);
    }
  const double others = static_cast<double>(usage_[resource]) / scale_;
  return total + others - listed_at_fair_rates;
}

const std::vector<std::int32_t>& Sharing::heavy_of(std::int32_t r) const {
  heavy_scratch_.clear();
  if (at(r).heavy == 0) return heavy_scratch_;
  for (const std::int32_t c : users(r).listed)
    if (table_[c].owner == r) heavy_scratch_.push_back(c);
  if (users(r).pairs == 0) return heavy_scratch_;
  for (const std::int32_t c : servers_.classes(servers_.hard(r)))
    if (table_[c].pair && !table_[c].unit) heavy_scratch_.push_back(c);
  return heavy_scratch_;
}

std::int64_t Sharing::usage_of(const FlowClass& c, const models::Use& use) const {
  if (c.unit) return at(c.owner).pushed_units;
  return to_units(use.per_byte * fair_rate(c)) * c.count;
}

void Sharing::touch(std::int32_t r) {
  Share& s = at(r);
  if (s.touched) return;
  s.touched = true;
  touched_.push_back(r);
}

void Sharing::add_usage(std::int32_t r, std::int64_t units) {
  usage_.add(r, units);
  touch(r);
}

void Sharing::add_place(std::int32_t r) {
  Share& s = at(r);
  if (s.place != kNobody) return;
  s.place = static_cast<std::int32_t>(order_.size());
  s.level = kUnlimited;
  s.stale = true;
  order_.push_back(r);
}

void Sharing::enlist(std::int32_t c, bool active) {
  const FlowClass& cls = table_[c];
  const int step = active ? 1 : -1;
  if (cls.soft) soft_classes_ += step;
  if (cls.engine && engine_share_ > 0) enlist_engine(c, active);
  for (const models::Use& use : cls.uses()) {
    Users& u = users(use.resource);
    if (cls.pair) {
      u.pairs += step;
      if (active) add_place(use.resource);
      continue;
    }
    if (cls.soft) u.soft += step;
    if (active)
      u.listed.push_back(c);
    else
      std::erase(u.listed, c);
    at(use.resource).has_listed = !u.listed.empty();
    at(use.resource).stale = true;  // even if its usage stays: who is at its cap may not
  }
}

// The first in order of its resources; if none has a place in it, its cap; else the resource that
// it would fill first.
std::int32_t Sharing::choose_owner(const FlowClass& c) const {
  std::int32_t best = kNobody, fullest = kNobody;
  double least = kUnlimited;
  for (const models::Use& use : c.uses()) {
    const Share& s = at(use.resource);
    if (is_placed(s) && (best == kNobody || s.place < at(best).place)) best = use.resource;
    const std::int64_t room = s.capacity - usage_[use.resource];
    const double level = static_cast<double>(room) / (use.per_byte * c.weight);
    if (fullest == kNobody || level < least) {
      least = level;
      fullest = use.resource;
    }
  }
  if (best != kNobody) return c.cap < c.weight * at(best).level ? kByCap : best;
  return c.cap != kUnlimited ? kByCap : fullest;
}

// One flow of a pair; a bit stands for one such class over the same two resources, not for more.
bool Sharing::can_be_unit(const FlowClass& c) const {
  if (!c.pair || c.count != 1 || !usage_.has_rows()) return false;
  const std::int32_t a = c.uses()[0].resource, b = c.uses()[1].resource;
  return !usage_.has(a, b) && !usage_.has(b, a);
}

void Sharing::hold(std::int32_t c, std::int32_t owner) {
  FlowClass& cls = table_[c];
  cls.owner = owner;
  cls.unit = can_be_unit(cls);
  if (cls.unit) usage_.set(owner, cls.other_than(owner), true);
  for (const models::Use& use : cls.uses()) {
    Share& s = at(use.resource);
    if (use.resource != owner) {
      add_usage(use.resource, usage_of(cls, use));
      continue;
    }
    add_place(owner);
    (cls.unit ? s.units : s.heavy) += 1;
    s.stale = true;
    touch(owner);
  }
}

void Sharing::release(std::int32_t c) {
  FlowClass& cls = table_[c];
  if (cls.unit) usage_.set(cls.owner, cls.other_than(cls.owner), false);
  for (const models::Use& use : cls.uses()) {
    Share& s = at(use.resource);
    if (use.resource != cls.owner) {
      add_usage(use.resource, -usage_of(cls, use));
      continue;
    }
    (cls.unit ? s.units : s.heavy) -= 1;
    s.stale = true;
    touch(cls.owner);
  }
}

// Attaches the class to the server that its owner implies; soft ones wait for soften.
void Sharing::attach(std::int32_t c, double served, Duration now) {
  FlowClass& cls = table_[c];
  if (cls.soft && !cls.uses().empty()) {
    servers_.park(c, served);
    return;
  }
  cls.speed = (cls.owner >= 0 ? cls.weight : cls.cap) * 1e-12;
  servers_.attach(c, cls.owner >= 0 ? servers_.hard(cls.owner) : servers_.clock(), served, now);
}

void Sharing::move(std::int32_t c, std::int32_t owner, Duration now) {
  if (table_[c].unit) {
    move_unit(c, owner, now);
    return;
  }
  const double served = servers_.served(c, now);
  servers_.detach(c);
  release(c);
  hold(c, owner);
  attach(c, served, now);
}

// As move, between the two resources of a unit.
void Sharing::move_unit(std::int32_t c, std::int32_t owner, Duration now) {
  const std::int32_t before = table_[c].owner;
  Share& from = at(before);
  Share& to = at(owner);
  table_[c].owner = owner;
  --from.units;
  ++to.units;
  from.stale = to.stale = true;
  usage_.set(before, owner, false);
  usage_.set(owner, before, true);
  add_usage(owner, -from.pushed_units);
  add_usage(before, to.pushed_units);
  servers_.transfer(c, servers_.hard(owner), before, now);
}

void Sharing::activate(std::int32_t c, double served, Duration now) {
  changed_ = true;
  enlist(c, true);
  const std::int32_t owner = choose_owner(table_[c]);
  // Whoever comes to own something stands behind those who did before.
  if (owner >= 0 && !is_placed(at(owner)) && at(owner).place != kNobody)
    send_to_end(static_cast<std::size_t>(at(owner).place));
  hold(c, owner);
  attach(c, served, now);
}

void Sharing::set_count(std::int32_t c, std::int32_t count) {
  changed_ = true;
  FlowClass& cls = table_[c];
  release(c);
  cls.count = count;
  if (count > 0) {
    hold(c, cls.owner);
    servers_.update_first(c);
    return;
  }
  servers_.detach(c);
  cls.owner = kNobody;
  enlist(c, false);
}

void Sharing::set_capacity(std::int32_t resource, double capacity) {
  at(resource).capacity = to_units(capacity);
  at(resource).stale = true;
  touch(resource);
  changed_ = true;
}

std::size_t Sharing::memory_bytes() const {
  std::size_t total = shares_.capacity() * sizeof(Share) + usage_.memory_bytes() +
                      (order_.capacity() + touched_.capacity()) * sizeof(std::int32_t) +
                      soft_seen_.capacity() * sizeof(std::uint64_t);
  for (const Users& u : users_) total += sizeof(u) + u.listed.capacity() * sizeof(std::int32_t);
  return total;
}

}  // namespace twinlink::sim
