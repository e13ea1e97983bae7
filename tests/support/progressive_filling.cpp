#include "tests/support/progressive_filling.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace twinlink::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kLive = -2, kAtCap = -1;

struct State {
  const std::vector<double>& capacities;
  const std::vector<OracleFlow>& flows;
  std::vector<double> rate;
  std::vector<int> frozen_by;  // kLive, kAtCap or a resource
};

// The level at which the resource is full if all its live users rise with it.
double full_at(const State& s, int resource) {
  double room = s.capacities[static_cast<std::size_t>(resource)], weight = 0;
  for (std::size_t f = 0; f < s.flows.size(); ++f)
    for (const auto& [r, a] : s.flows[f].uses) {
      if (r != resource) continue;
      if (s.frozen_by[f] == kLive)
        weight += a * s.flows[f].weight;
      else
        room -= a * s.rate[f];
    }
  return weight == 0 ? kInfinity : room / weight;
}

// One round: the lowest level at which something happens, and what freezes there.
bool freeze_next(State& s) {
  double level = kInfinity;
  int resource = kAtCap;
  std::size_t capped = 0;
  for (int r = 0; r < static_cast<int>(s.capacities.size()); ++r) {
    const double full = full_at(s, r);
    if (full < level) level = full, resource = r;
  }
  for (std::size_t f = 0; f < s.flows.size(); ++f)
    if (s.frozen_by[f] == kLive && s.flows[f].cap / s.flows[f].weight <= level) {
      level = s.flows[f].cap / s.flows[f].weight;
      resource = kAtCap;
      capped = f;
    }
  if (level == kInfinity) return false;
  if (resource == kAtCap) {
    s.rate[capped] = s.flows[capped].cap;
    s.frozen_by[capped] = kAtCap;
    return true;
  }
  for (std::size_t f = 0; f < s.flows.size(); ++f)
    for (const auto& use : s.flows[f].uses)
      if (use.first == resource && s.frozen_by[f] == kLive) {
        s.rate[f] = s.flows[f].weight * level;
        s.frozen_by[f] = resource;
      }
  return true;
}

constexpr double kTie = 1e-9;

// Level of a flow in sharing; flows at their cap have none.
double level_of(const State& s, std::size_t f) {
  return s.frozen_by[f] == kAtCap ? 0 : s.rate[f] / s.flows[f].weight;
}

// The highest level of a full resource's flows; infinity if it is not full.
std::vector<double> levels_when_full(const State& s) {
  std::vector<double> used(s.capacities.size(), 0), level(s.capacities.size(), 0);
  for (std::size_t f = 0; f < s.flows.size(); ++f)
    for (const auto& [r, a] : s.flows[f].uses) {
      const auto i = static_cast<std::size_t>(r);
      used[i] += a * s.rate[f];
      level[i] = std::max(level[i], level_of(s, f));
    }
  for (std::size_t i = 0; i < used.size(); ++i)
    if (used[i] < s.capacities[i] * (1 - kTie) || level[i] == 0) level[i] = kInfinity;
  return level;
}

bool freezes(const State& s, std::size_t f, double level) {
  return s.frozen_by[f] != kAtCap && level_of(s, f) >= level * (1 - kTie);
}

std::vector<double> demand_over_capacity(const State& s, const std::vector<double>& level) {
  std::vector<double> q(s.capacities.size(), 0);
  for (std::size_t f = 0; f < s.flows.size(); ++f)
    for (const auto& [r, a] : s.flows[f].uses) {
      const auto i = static_cast<std::size_t>(r);
      const bool at_cap = freezes(s, f, level[i]) && !std::isinf(s.flows[f].cap);
      const double asked = at_cap ? s.flows[f].cap : s.rate[f];
      q[i] += a * asked / s.capacities[i];
    }
  return q;
}

double factor(double q) {
  if (std::isinf(q)) return 1;
  return std::pow(std::pow(q, -4.0) + 1, -0.25) / std::min(q, 1.0);
}

}  // namespace

void weigh_engines(const std::vector<double>& capacities, double share,
                   std::vector<OracleFlow>& flows) {
  std::vector<double> others(capacities.size(), 0), asked(others), engines(others);
  for (const OracleFlow& flow : flows)
    for (const auto& [r, a] : flow.uses) {
      const auto i = static_cast<std::size_t>(r);
      const bool capped = !std::isinf(flow.cap);
      if (capped || !flow.engine) asked[i] += a * (capped ? flow.cap : flow.weight) / capacities[i];
      (flow.engine ? engines : others)[i] += flow.engine ? 1 : a * flow.weight;
    }
  for (OracleFlow& flow : flows) {
    if (!flow.engine) continue;
    double most = 0;
    for (const auto& [r, a] : flow.uses) {
      const auto i = static_cast<std::size_t>(r);
      if (others[i] <= 0 || asked[i] <= most) continue;
      most = asked[i];
      flow.weight = share * others[i] / engines[i] / a;
    }
  }
}

std::vector<double> progressive_filling(const std::vector<double>& capacities,
                                        const std::vector<OracleFlow>& flows) {
  State s{capacities, flows, std::vector<double>(flows.size(), 0),
          std::vector<int>(flows.size(), kLive)};
  while (freeze_next(s)) {
  }
  const std::vector<double> level = levels_when_full(s);
  const std::vector<double> q = demand_over_capacity(s, level);
  std::vector<double> result = s.rate;
  for (std::size_t f = 0; f < flows.size(); ++f) {
    if (!flows[f].soft || flows[f].uses.empty()) continue;
    double most = 0;
    for (const auto& use : flows[f].uses) {
      const auto i = static_cast<std::size_t>(use.first);
      if (s.frozen_by[f] == kAtCap || freezes(s, f, level[i])) most = std::max(most, q[i]);
    }
    result[f] *= factor(most);
  }
  return result;
}

}  // namespace twinlink::testing
