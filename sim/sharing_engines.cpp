// Engine flows form a class of their own at every resource, which the arbiter serves beside that of
// all others: where both want more than there is, it gets engine_share bytes per byte of theirs,
// however many they are. That is weighted max-min with a weight that depends on who is there:
//   weight = engine_share x sum of the others' per_byte x weight / (engine flows there x per_byte)
// at the resource on its way that is asked for most (demand / capacity, flows at their cap, or
// weight if they have none) among those that others use; where there is none it is its own.
#include <algorithm>

#include "sim/sharing.h"

namespace twinlink::sim {
namespace {

double per_byte_at(const FlowClass& c, std::int32_t resource) {
  for (const models::Use& use : c.uses())
    if (use.resource == resource) return use.per_byte;
  return 0;
}

}  // namespace

void Sharing::enlist_engine(std::int32_t c, bool active) {
  if (active) {
    engines_.push_back({c, table_[c].weight});
    return;
  }
  const auto at_c = std::find_if(engines_.begin(), engines_.end(),
                                 [c](const EngineClass& engine) { return engine.cls == c; });
  table_[c].weight = at_c->own_weight;
  engines_.erase(at_c);
}

void Sharing::weigh_engines(Duration now) {
  for (const EngineClass& engine : engines_) {
    const double weight = engine_weight(engine);
    if (weight != table_[engine.cls].weight) set_weight(engine.cls, weight, now);
  }
}

double Sharing::engine_weight(const EngineClass& of) const {
  const FlowClass& engine = table_[of.cls];
  double most = 0, weight = of.own_weight;
  for (const models::Use& use : engine.uses()) {
    double others = 0, engines = 0, demand = 0;
    for (const std::int32_t user : users(use.resource).listed) {
      const FlowClass& cls = table_[user];
      const double per_byte = per_byte_at(cls, use.resource);
      (cls.engine ? engines : others) += cls.count * (cls.engine ? 1 : per_byte * cls.weight);
      const bool capped = cls.cap != kUnlimited;
      if (capped || !cls.engine) demand += cls.count * per_byte * (capped ? cls.cap : cls.weight);
    }
    const double busy = demand / static_cast<double>(at(use.resource).capacity);
    if (others <= 0 || busy <= most) continue;
    most = busy;
    weight = engine_share_ * others / (engines * use.per_byte);
  }
  return weight;
}

// As a class that leaves and comes back, where it was.
void Sharing::set_weight(std::int32_t c, double weight, Duration now) {
  const double served = servers_.served(c, now);
  servers_.detach(c);
  release(c);
  table_[c].weight = weight;
  for (const models::Use& use : table_[c].uses()) {
    at(use.resource).stale = true;
    touch(use.resource);
  }
  hold(c, table_[c].owner);
  attach(c, served, now);
}

}  // namespace twinlink::sim
