#include <algorithm>
#include <cmath>

#include "sim/sharing.h"

namespace twinlink::sim {
namespace {

// Relative difference below which two levels are the same, and a resource is full.
constexpr double kSoftTie = 1e-9;

}  // namespace

double soft_factor(double q) {
  if (q == kUnlimited || q <= 0) return 1;
  const double ratio = q < 1 ? q : 1 / q;
  const double square = ratio * ratio;
  return 1 / std::sqrt(std::sqrt(1 + square * square));
}

void Sharing::soften(Duration now) {
  for (const std::int32_t r : touched_)
    if (users(r).soft > 0) update_factor(r, now);
  ++soft_round_;
  soft_seen_.resize(static_cast<std::size_t>(table_.size()));
  for (const std::int32_t r : touched_) {
    if (users(r).soft == 0) continue;
    for (const std::int32_t c : users(r).listed)
      if (table_[c].soft && first_in_round(c)) attach_soft(c, now);
  }
}

// A flow of a thousand resources is on a thousand lists.
bool Sharing::first_in_round(std::int32_t c) {
  std::uint64_t& seen = soft_seen_[static_cast<std::size_t>(c)];
  if (seen == soft_round_) return false;
  seen = soft_round_;
  return true;
}

void Sharing::update_factor(std::int32_t r, Duration now) {
  Users& u = users(r);
  u.full_at = level_when_full(r);
  u.busy = demand(r) * scale_ / static_cast<double>(at(r).capacity);
  servers_.set_rate(servers_.soft(r), soft_factor(u.busy), now);
}

bool Sharing::is_at_cap(const FlowClass& c) const {
  return c.owner == kByCap || c.cap <= fair_rate(c) * (1 + kSoftTie);
}

// The highest level of the flows on it that are below their cap, if it is full; else unlimited.
double Sharing::level_when_full(std::int32_t r) const {
  const Share& s = at(r);
  const auto usage = static_cast<double>(usage_[r]);
  const bool full = owns(s) || usage >= static_cast<double>(s.capacity) * (1 - kSoftTie);
  if (!full) return kUnlimited;
  double level = s.units > 0 ? s.pushed : 0;
  for (const std::int32_t c : users(r).listed)
    if (!is_at_cap(table_[c])) level = std::max(level, at(table_[c].owner).pushed);
  return level > 0 ? level : kUnlimited;
}

// Whether the resource is what keeps the class from going faster (its cap: any may).
bool Sharing::may_freeze(std::int32_t r, const FlowClass& c) const {
  if (c.owner == r || is_at_cap(c)) return true;
  return users(r).full_at * (1 - kSoftTie) <= at(c.owner).pushed;
}

// Bytes per second asked of the resource: by flows that freeze there at their cap (if they have
// one), by others at their rate.
double Sharing::demand(std::int32_t r) const {
  double total = owned_rate(r) + static_cast<double>(usage_[r]) / scale_;
  for (const std::int32_t c : users(r).listed) {
    const FlowClass& cls = table_[c];
    if (cls.owner == kByCap || cls.cap == kUnlimited || !may_freeze(r, cls)) continue;
    for (const models::Use& use : cls.uses())
      if (use.resource == r) total += cls.count * (use.per_byte * (cls.cap - fair_rate(cls)));
  }
  return total;
}

// Bytes per second of owned flows before softening.
double Sharing::owned_rate(std::int32_t r) const { return at(r).per_level / scale_ * at(r).pushed; }

std::int32_t Sharing::busiest(const FlowClass& c) const {
  std::int32_t best = c.owner >= 0 ? c.owner : c.uses().front().resource;
  for (const models::Use& use : c.uses())
    if (users(use.resource).busy > users(best).busy && may_freeze(use.resource, c))
      best = use.resource;
  return best;
}

void Sharing::attach_soft(std::int32_t c, Duration now) {
  FlowClass& cls = table_[c];
  const double speed = fair_rate(cls) * 1e-12;
  const std::int32_t server = servers_.soft(busiest(cls));
  if (cls.server == server && cls.speed == speed) return;
  const double served = servers_.served(c, now);
  servers_.detach(c);
  cls.speed = speed;
  servers_.attach(c, server, served, now);
}

}  // namespace twinlink::sim
