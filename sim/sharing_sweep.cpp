#include <algorithm>
#include <cmath>

#include "sim/sharing.h"
#include "topology/error.h"

namespace twinlink::sim {
namespace {

// Levels nearer to each other than this are a tie and keep their order; far above rounding noise.
constexpr double kTie = 1e-10;
// Changes of a level below this are rounding noise and go no further.
constexpr double kSame = 1e-13;
// Overload within the noise of the integer sums.
std::int64_t slack(std::int64_t capacity) { return capacity >> 34; }

// Index of the first equal to `other` from `i` on, the size if there is none. In blocks without an
// exit, which run in vector registers.
std::size_t find_other(const std::vector<std::int32_t>& others, std::int32_t other, std::size_t i) {
  constexpr std::size_t kBlock = 16;
  for (; i + kBlock <= others.size(); i += kBlock) {
    std::int32_t found = 0;
    for (std::size_t k = 0; k < kBlock; ++k) found |= others[i + k] == other ? 1 : 0;
    if (found != 0) break;
  }
  while (i < others.size() && others[i] != other) ++i;
  return i;
}

bool uses(const FlowClass& c, std::int32_t resource) {
  const auto at =
      std::lower_bound(c.uses().begin(), c.uses().end(), resource,
                       [](const models::Use& use, std::int32_t r) { return use.resource < r; });
  return at != c.uses().end() && at->resource == resource;
}

}  // namespace

void Sharing::solve(Duration now) {
  if (!changed_) return;
  changed_ = false;
  if (!engines_.empty()) weigh_engines(now);
  do sweep(now);
  while (admit_overloaded());
  if (soft_classes_ > 0) soften(now);
  for (const std::int32_t r : touched_) at(r).touched = false;
  touched_.clear();
  servers_.refresh();
}

// Whatever changed was touched, or has a changed resource before it in the order.
std::size_t Sharing::first_touched() const {
  std::size_t first = order_.size();
  for (const std::int32_t r : touched_)
    if (at(r).place != kNobody) first = std::min(first, static_cast<std::size_t>(at(r).place));
  return first;
}

void Sharing::sweep(Duration now) {
  std::size_t budget = 1000 + order_.size() * (order_.size() + 64);
  for (std::size_t i = first_touched(); i < order_.size();) {
    const std::int32_t r = order_[i];
    const bool changed = at(r).stale || usage_[r] != at(r).solved;
    if (!changed || settle_in_place(i, now)) {
      ++i;
      continue;
    }
    i = settle(i, now);
    TL_ENSURE(budget-- > 0, "the sharing of resources settles");
  }
}

// The common case of settle, kept short: only the usage changed, and the place stays.
bool Sharing::settle_in_place(std::size_t i, Duration now) {
  const std::int32_t r = order_[i];
  Share& s = at(r);
  const std::int64_t room = s.capacity - usage_[r];
  if (s.stale || s.has_listed) return false;
  if (s.units == 0) return stays_idle(i);
  if (room <= 0) return false;
  const double level = static_cast<double>(room) / s.per_level;
  if (i + 1 < order_.size() && level > at(order_[i + 1]).level * (1 + kTie)) return false;
  if (i > 0 && level < at(order_[i - 1]).level * (1 - kTie)) return false;
  s.level = level;
  commit(r, level, now);
  return true;
}

// Likewise, of a resource that owns nothing, and stays without limit at the end of the order.
bool Sharing::stays_idle(std::size_t i) {
  const std::int32_t r = order_[i];
  Share& s = at(r);
  const std::int64_t usage = usage_[r];
  const bool last = i + 1 == order_.size() || at(order_[i + 1]).level == kUnlimited;
  if (!last || owns(s) || s.level != kUnlimited || users(r).pairs == 0) return false;
  if (usage > s.capacity + slack(s.capacity)) return false;
  s.solved = usage;
  s.sinking = false;
  return true;
}

// Gives the resource at place i its level. Returns the place to go on from.
std::size_t Sharing::settle(std::size_t i, Duration now) {
  const std::int32_t r = order_[i];
  Share& s = at(r);
  if (is_squeezed(r) && !s.sinking) {
    s.sinking = true;
    send_to_end(i);
    return i;
  }
  s.level = level_with_caps(r, now);
  if (s.level == kUnlimited) {
    commit(r, s.level, now);
    return retire(i);
  }
  if (i + 1 < order_.size() && s.level > at(order_[i + 1]).level * (1 + kTie)) {
    swap_places(i);
    give_shared(r, order_[i], now);
    return i;
  }
  if (i > 0 && s.level < at(order_[i - 1]).level * (1 - kTie)) {
    swap_places(i - 1);
    give_shared(order_[i], r, now);
    return i - 1;
  }
  commit(r, s.level, now);
  return i + 1;
}

// Removes the resource at place i from the order.
void Sharing::drop_place(std::size_t i) {
  at(order_[i]).place = kNobody;
  for (std::size_t j = i + 1; j < order_.size(); ++j) {
    order_[j - 1] = order_[j];
    at(order_[j - 1]).place = static_cast<std::int32_t>(j - 1);
  }
  order_.pop_back();
}

// Owns nothing, yet others take more than it has: it must sink through the order from its end.
bool Sharing::is_squeezed(std::int32_t r) const {
  const Share& s = at(r);
  return !owns(s) && plain_level(s, usage_[r]) == 0;
}

void Sharing::send_to_end(std::size_t i) {
  const std::int32_t r = order_[i];
  drop_place(i);
  at(r).place = static_cast<std::int32_t>(order_.size());
  order_.push_back(r);
}

// A resource without limit goes to the end while a pair uses it (pairs push without a look at who
// is overloaded), else out of the order. Returns the place to go on from.
std::size_t Sharing::retire(std::size_t i) {
  const bool last = i + 1 == order_.size() || at(order_[i + 1]).level == kUnlimited;
  const bool stays = users(order_[i]).pairs > 0;
  if (last && stays) return i + 1;
  if (stays)
    send_to_end(i);
  else
    drop_place(i);
  return i;
}

void Sharing::swap_places(std::size_t i) {
  std::swap(order_[i], order_[i + 1]);
  at(order_[i]).place = static_cast<std::int32_t>(i);
  at(order_[i + 1]).place = static_cast<std::int32_t>(i + 1);
}

// The unit over both that `from` owns, kNobody if there is none.
std::int32_t Sharing::unit_between(std::int32_t from, std::int32_t to) const {
  if (!usage_.has(from, to)) return kNobody;
  const std::vector<std::int32_t>& others = servers_.others(servers_.hard(from));
  const std::vector<std::int32_t>& classes = servers_.classes(servers_.hard(from));
  for (std::size_t i = find_other(others, to, 0); i < others.size();
       i = find_other(others, to, i + 1))
    if (at(from).heavy == 0 || table_[classes[i]].unit) return classes[i];
  return kNobody;
}

// `to` came before `from` in the order: it now owns what both use.
void Sharing::give_shared(std::int32_t from, std::int32_t to, Duration now) {
  const std::int32_t unit = unit_between(from, to);
  if (unit != kNobody) move_unit(unit, to, now);
  if (at(from).heavy == 0) return;
  scratch_ = heavy_of(from);
  for (const std::int32_t c : scratch_)
    if (uses(table_[c], to)) move(c, to, now);
}

void Sharing::refresh_weight(std::int32_t r) {
  double weight = 0;
  for (const std::int32_t c : heavy_of(r))
    for (const models::Use& use : table_[c].uses())
      if (use.resource == r) weight += table_[c].count * (use.per_byte * table_[c].weight);
  at(r).per_level = scale_ * (at(r).units + weight);
}

// The level from the balance; 0 if others already take all; unlimited if it owns nothing and fits.
double Sharing::plain_level(const Share& s, std::int64_t usage) const {
  const std::int64_t room = s.capacity - usage;
  if (!owns(s)) return room >= -slack(s.capacity) ? kUnlimited : 0;
  if (room <= 0) return 0;
  return static_cast<double>(room) / s.per_level;
}

double Sharing::level_with_caps(std::int32_t r, Duration now) {
  Share& s = at(r);
  if (s.stale) refresh_weight(r);
  double level = plain_level(s, usage_[r]);
  if (!s.has_listed) return level;
  // Newton's method on a concave, piecewise linear function: ends after a pass per distinct cap.
  for (std::size_t pass = 0; pass < users(r).listed.size() + 2; ++pass) {
    if (!move_limited(r, level, now)) break;
    refresh_weight(r);
    level = plain_level(s, usage_[r]);
  }
  return level;
}

// Classes whose cap lies below the level are limited by their cap, those above by the resource.
bool Sharing::move_limited(std::int32_t r, double level, Duration now) {
  bool moved = false;
  for (const std::int32_t c : users(r).listed) {
    const FlowClass& cls = table_[c];
    if (cls.cap == kUnlimited) continue;
    const double at_cap = cls.cap / cls.weight;
    const bool free = cls.owner == r && at_cap < level * (1 - kTie);
    const bool taken = cls.owner == kByCap && at_cap > level * (1 + kTie);
    if (free) move(c, kByCap, now);
    if (taken) move(c, r, now);
    moved |= free || taken;
  }
  return moved;
}

void Sharing::commit(std::int32_t r, double level, Duration now) {
  Share& s = at(r);
  s.stale = s.sinking = false;
  s.solved = usage_[r];
  if (level == kUnlimited || std::abs(level - s.pushed) <= s.pushed * kSame) return;
  const double before = s.pushed;
  const std::int64_t units = to_units(level);
  const std::int64_t change = units - s.pushed_units;
  s.pushed = level;
  s.pushed_units = units;
  // Before the push: its divisions then hide behind the push's many additions.
  servers_.set_rate(servers_.hard(r), level, now);
  if (s.units > 0) usage_.push(r, change);
  if (s.heavy == 0) return;
  push_heavy(r, before, level);
  touch(r);
}

void Sharing::push_heavy(std::int32_t r, double from, double to) {
  for (const std::int32_t c : heavy_of(r)) {
    const FlowClass& cls = table_[c];
    for (const models::Use& use : cls.uses()) {
      if (use.resource == r) continue;
      const std::int64_t change =
          to_units(use.per_byte * (cls.weight * to)) - to_units(use.per_byte * (cls.weight * from));
      add_usage(use.resource, change * cls.count);
    }
  }
}

bool Sharing::admit_overloaded() {
  bool admitted = false;
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    const std::int32_t r = touched_[i];
    const Share& s = at(r);
    if (s.place != kNobody) continue;
    if (usage_[r] <= s.capacity + slack(s.capacity)) continue;
    add_place(r);
    admitted = true;
  }
  return admitted;
}

}  // namespace twinlink::sim
