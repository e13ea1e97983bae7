#pragma once
// How tokens spread over the routed experts, and what that means for the ranks that hold them.
//
// A load vector has one share per expert; the shares sum to 1. Drawn: x = inverse of the cumulative
// power law x^-alpha on [1, spread] at a uniform u, alpha near 1 being log-uniform; or measured
// loads, given. spread 1 is perfect balance. Layers are drawn apart: hot experts differ by layer.
// Source of the law: the power-law note of the aiconfigurator project (1.01 for DeepSeek-R1).
#include <cstdint>
#include <span>
#include <vector>

namespace twinlink::models {

struct LoadLaw {
  double alpha = 1.01;
  double spread = 1;  // largest load over smallest, >= 1
  std::uint64_t seed = 1;
};

std::vector<double> draw_loads(const LoadLaw& law, std::int64_t experts, std::int64_t layer);

// Shares of the ranks: contiguous ranges of experts, the first E % N ranks one more.
std::vector<double> rank_shares(std::span<const double> loads, std::int64_t ranks);

// Probability that a token, which visits top_k different of `experts` experts, needs a rank that
// gets `share` of the pairs: without replacement, the rank counting as share x experts experts.
double reach_probability(double share, std::int64_t experts, std::int64_t top_k);

}  // namespace twinlink::models
