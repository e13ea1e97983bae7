#pragma once
// Bounded nonlinear least squares with robust weights: minimises sum_i rho(r_i(x)) over a box.
//
// Levenberg-Marquardt (Eigen's) in unbounded variables y, x = low + (high - low) / (1 + e^-y); the
// Jacobian by forward differences. rho is soft-L1, rho(r) = 2 (sqrt(1 + r^2) - 1): rows farther off
// than 1 (residuals are in units of their own sigma) count linearly. Several starts, the best one
// wins; starts are the given one and points of a seeded, counter-based sequence, so the result is
// the same on every machine. No globals, no clock.
#include <cstdint>
#include <functional>
#include <vector>

namespace twinlink::analysis {

struct Box {
  std::vector<double> start, low, high;  // start strictly inside
};

struct SolverOptions {
  int starts = 3;
  std::uint64_t seed = 1;
  int evaluations = 60;  // steps tried per start, each with a Jacobian at most
};

struct Solution {
  std::vector<double> x;
  double cost = 0;                            // sum of rho at x
  std::vector<std::vector<double>> jacobian;  // of the residuals with respect to x, row by row
};

using Residuals = std::function<std::vector<double>(const std::vector<double>&)>;

// At least as many residuals as variables, and as many at every x.
Solution solve(const Residuals& residuals, const Box& box, const SolverOptions& options);

}  // namespace twinlink::analysis
