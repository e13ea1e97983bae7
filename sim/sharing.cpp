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

bool is_limited(const FlowClass& c) { return c.soft || c.cap != kUnlimited; }

}  // namespace

Sharing::Sharing(FlowTable& table, Servers& servers, const std::vector<double>& capacities)
    : table_(table),
      servers_(servers),
      scale_(scale_for(capacities)),
      shares_(capacities.size()),
      usage_(capacities.size(), 0) {
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

double Sharing::rate_of(std::int32_t c) const {
  const FlowClass& cls = table_[c];
  if (cls.owner >= 0) {
    const Share& s = at(cls.owner);
    return cls.weight * s.pushed * (cls.soft ? s.factor : 1);
  }
  const bool softened = cls.soft && cls.server != servers_.clock();
  return cls.cap * (softened ? at(cls.server - servers_.capped(0)).factor : 1);
}

double Sharing::load(std::int32_t resource) const {
  const Share& s = at(resource);
  double owned = s.units * s.pushed;
  for (const std::int32_t server : {servers_.hard(resource), servers_.soft(resource)})
    for (const Servers::Entry& e : servers_.entries(server)) {
      const FlowClass& cls = table_[e.cls];
      if (cls.unit) continue;
      for (const models::Use& use : cls.uses)
        if (use.resource == resource) owned += cls.count * use.per_byte * cls.weight * s.pushed;
    }
  return owned + static_cast<double>(usage_[static_cast<std::size_t>(resource)]) / scale_;
}

std::int64_t Sharing::usage_of(const FlowClass& c, const models::Use& use) const {
  if (c.unit) return at(c.owner).pushed_units;
  const double rate = c.owner == kByCap ? c.cap : c.weight * at(c.owner).pushed;
  return to_units(use.per_byte * rate) * c.count;
}

void Sharing::touch(std::int32_t r) {
  Share& s = at(r);
  if (s.touched) return;
  s.touched = true;
  touched_.push_back(r);
}

void Sharing::add_usage(std::int32_t r, std::int64_t units) {
  usage_[static_cast<std::size_t>(r)] += units;
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
  for (const models::Use& use : cls.uses) {
    Share& s = at(use.resource);
    if (cls.pair) s.pairs += step;
    if (cls.pair && active) add_place(use.resource);
    if (cls.soft) s.soft += step;
    if (!is_limited(cls)) continue;
    s.stale = true;  // even if its usage happens to stay: who is at its cap may not
    if (active)
      s.limited.push_back(c);
    else
      std::erase(s.limited, c);
  }
}

// The first in order of its resources; if none has a place in it, its cap; else the resource that
// it would fill first.
std::int32_t Sharing::choose_owner(const FlowClass& c) const {
  std::int32_t best = kNobody, fullest = kNobody;
  double least = kUnlimited;
  for (const models::Use& use : c.uses) {
    const Share& s = at(use.resource);
    if (is_placed(s) && (best == kNobody || s.place < at(best).place)) best = use.resource;
    const std::int64_t room = s.capacity - usage_[static_cast<std::size_t>(use.resource)];
    const double level = static_cast<double>(room) / (use.per_byte * c.weight);
    if (fullest == kNobody || level < least) {
      least = level;
      fullest = use.resource;
    }
  }
  if (best != kNobody) return c.cap < c.weight * at(best).level ? kByCap : best;
  return c.cap != kUnlimited ? kByCap : fullest;
}

void Sharing::hold(std::int32_t c, std::int32_t owner) {
  FlowClass& cls = table_[c];
  cls.owner = owner;
  cls.unit = cls.pair && cls.count == 1;
  for (const models::Use& use : cls.uses) {
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
  for (const models::Use& use : cls.uses) {
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

// Attaches the class to the server that its owner implies.
void Sharing::attach(std::int32_t c, double served, Duration now) {
  FlowClass& cls = table_[c];
  std::int32_t server = servers_.clock();
  if (cls.owner >= 0)
    server = cls.soft ? servers_.soft(cls.owner) : servers_.hard(cls.owner);
  else if (cls.soft && !cls.uses.empty())
    server = servers_.capped(cls.uses.front().resource);
  cls.speed = (cls.owner >= 0 ? cls.weight : cls.cap) * 1e-12;
  servers_.attach(c, server, served, now);
}

void Sharing::move(std::int32_t c, std::int32_t owner, Duration now) {
  const double served = servers_.served(c, now);
  servers_.detach(c);
  release(c);
  hold(c, owner);
  attach(c, served, now);
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

void Sharing::set_count(std::int32_t c, std::int32_t count, Duration now) {
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
  static_cast<void>(now);
}

std::size_t Sharing::memory_bytes() const {
  std::size_t total = shares_.capacity() * sizeof(Share) + usage_.capacity() * sizeof(usage_[0]) +
                      (order_.capacity() + touched_.capacity()) * sizeof(std::int32_t);
  for (const Share& s : shares_) total += s.limited.capacity() * sizeof(std::int32_t);
  return total;
}

}  // namespace twinlink::sim
