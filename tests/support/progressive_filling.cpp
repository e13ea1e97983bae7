#include "tests/support/progressive_filling.h"

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

std::vector<double> demand_over_capacity(const State& s) {
  std::vector<double> q(s.capacities.size(), 0);
  for (std::size_t f = 0; f < s.flows.size(); ++f)
    for (const auto& [r, a] : s.flows[f].uses) {
      const double asked = s.frozen_by[f] == r ? s.flows[f].cap : s.rate[f];
      q[static_cast<std::size_t>(r)] += a * asked / s.capacities[static_cast<std::size_t>(r)];
    }
  return q;
}

double factor(double q) {
  if (std::isinf(q)) return 1;
  return std::pow(std::pow(q, -4.0) + 1, -0.25) / std::min(q, 1.0);
}

}  // namespace

std::vector<double> progressive_filling(const std::vector<double>& capacities,
                                        const std::vector<OracleFlow>& flows) {
  State s{capacities, flows, std::vector<double>(flows.size(), 0),
          std::vector<int>(flows.size(), kLive)};
  while (freeze_next(s)) {
  }
  const std::vector<double> q = demand_over_capacity(s);
  std::vector<double> result = s.rate;
  for (std::size_t f = 0; f < flows.size(); ++f) {
    if (!flows[f].soft || flows[f].uses.empty()) continue;
    double at = 0;
    for (const auto& use : flows[f].uses) at = std::max(at, q[static_cast<std::size_t>(use.first)]);
    if (s.frozen_by[f] >= 0) at = q[static_cast<std::size_t>(s.frozen_by[f])];
    result[f] *= factor(at);
  }
  return result;
}

}  // namespace twinlink::testing
