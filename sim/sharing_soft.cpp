#include <cmath>

#include "sim/sharing.h"

namespace twinlink::sim {

double soft_factor(double q) {
  if (q == kUnlimited || q <= 0) return 1;
  const double ratio = q < 1 ? q : 1 / q;
  const double square = ratio * ratio;
  return 1 / std::sqrt(std::sqrt(1 + square * square));
}

void Sharing::soften(Duration now) {
  scratch_.clear();
  for (const std::int32_t r : touched_)
    if (at(r).soft > 0) update_factor(r, now);
  for (const std::int32_t r : touched_)
    for (const std::int32_t c : at(r).limited)
      if (table_[c].soft && table_[c].owner == kByCap) choose_busiest(c, now);
}

void Sharing::update_factor(std::int32_t r, Duration now) {
  Share& s = at(r);
  s.busy = demand(r) * scale_ / static_cast<double>(s.capacity);
  s.factor = soft_factor(s.busy);
  servers_.set_rate(servers_.soft(r), s.pushed * s.factor, now);
  servers_.set_rate(servers_.capped(r), s.factor, now);
}

// Bytes per second that the resource's users ask of it: owned flows at their cap, others at their
// rate.
double Sharing::demand(std::int32_t r) const {
  if (at(r).units > 0) return kUnlimited;
  double total = static_cast<double>(usage_[static_cast<std::size_t>(r)]) / scale_;
  for (const std::int32_t server : {servers_.hard(r), servers_.soft(r)})
    for (const Servers::Entry& e : servers_.entries(server)) {
      const FlowClass& cls = table_[e.cls];
      for (const models::Use& use : cls.uses)
        if (use.resource == r) total += cls.count * (use.per_byte * cls.cap);
    }
  return total;
}

void Sharing::choose_busiest(std::int32_t c, Duration now) {
  const FlowClass& cls = table_[c];
  std::int32_t busiest = cls.uses.front().resource;
  for (const models::Use& use : cls.uses)
    if (at(use.resource).busy > at(busiest).busy) busiest = use.resource;
  if (cls.server == servers_.capped(busiest)) return;
  const double served = servers_.served(c, now);
  servers_.detach(c);
  servers_.attach(c, servers_.capped(busiest), served, now);
}

}  // namespace twinlink::sim
