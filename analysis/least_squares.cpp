#include "analysis/least_squares.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <unsupported/Eigen/LevenbergMarquardt>
#include <unsupported/Eigen/NumericalDiff>

#include "topology/error.h"

namespace twinlink::analysis {
namespace {

// Step of the Jacobian, in y. Times are whole ps, about 1e-6 of the shortest: with a step of 1e-5 a
// constant of 2 ns had a column of roundings.
constexpr double kDifference = 1e-3;

constexpr double kConverged = 1e-5;  // relative; measured times repeat to 1e-2

// sign(r) sqrt(rho(r)), so that the plain sum of squares is the sum of rho.
double robust(double r) {
  const double root = std::sqrt(2 * (std::sqrt(1 + r * r) - 1));
  return r < 0 ? -root : root;
}

std::vector<double> inside(const Box& box, const Eigen::VectorXd& y) {
  std::vector<double> x(box.low.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] =
        box.low[i] + (box.high[i] - box.low[i]) / (1 + std::exp(-y[static_cast<Eigen::Index>(i)]));
  return x;
}

Eigen::VectorXd outside(const Box& box, const std::vector<double>& x) {
  Eigen::VectorXd y(static_cast<Eigen::Index>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i)
    y[static_cast<Eigen::Index>(i)] = std::log((x[i] - box.low[i]) / (box.high[i] - x[i]));
  return y;
}

struct Functor : Eigen::DenseFunctor<double> {
  Functor(const Residuals& r, const Box& b, int rows)
      : DenseFunctor(static_cast<int>(b.low.size()), rows), residuals(r), box(b) {}

  int operator()(const Eigen::VectorXd& y, Eigen::VectorXd& out) const {
    const std::vector<double> r = residuals(inside(box, y));
    for (std::size_t i = 0; i < r.size(); ++i) out[static_cast<Eigen::Index>(i)] = robust(r[i]);
    return 0;
  }

  const Residuals& residuals;
  const Box& box;
};

// Steps of one size in y: a relative step would vanish where y is near 0.
struct FunctorWithJacobian : Functor {
  using Functor::Functor;

  int df(const Eigen::VectorXd& y, Eigen::MatrixXd& jacobian) const {
    Eigen::VectorXd here(values()), there(values());
    (*this)(y, here);
    for (Eigen::Index column = 0; column < y.size(); ++column) {
      Eigen::VectorXd moved = y;
      moved[column] += kDifference;
      (*this)(moved, there);
      jacobian.col(column) = (there - here) / kDifference;
    }
    return 0;
  }
};

// Uniform in (0, 1), a function of its arguments alone (splitmix64).
double uniform(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed * 0x9E3779B97F4A7C15ULL + (index + 1) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return (static_cast<double>((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

std::vector<double> start_of(const Box& box, const SolverOptions& options, int start) {
  if (start == 0) return box.start;
  std::vector<double> x;
  const auto first = static_cast<std::uint64_t>(start) * 1000;
  for (std::size_t i = 0; i < box.low.size(); ++i) {
    const double part = 0.1 + 0.8 * uniform(options.seed, first + i);
    x.push_back(box.low[i] + part * (box.high[i] - box.low[i]));
  }
  return x;
}

double cost_of(const std::vector<double>& residuals) {
  double cost = 0;
  for (const double r : residuals) cost += 2 * (std::sqrt(1 + r * r) - 1);
  return cost;
}

// Of the residuals themselves, by central differences of a thousandth of the box.
std::vector<std::vector<double>> jacobian_at(const Residuals& residuals, const Box& box,
                                             const std::vector<double>& x) {
  std::vector<std::vector<double>> rows(residuals(x).size(), std::vector<double>(x.size()));
  for (std::size_t c = 0; c < x.size(); ++c) {
    const double step = 1e-3 * (box.high[c] - box.low[c]);
    std::vector<double> up = x, down = x;
    up[c] = std::min(box.high[c], x[c] + step);
    down[c] = std::max(box.low[c], x[c] - step);
    const std::vector<double> above = residuals(up), below = residuals(down);
    for (std::size_t r = 0; r < rows.size(); ++r)
      rows[r][c] = (above[r] - below[r]) / (up[c] - down[c]);
  }
  return rows;
}

void check(const Box& box) {
  TL_ENSURE(box.low.size() == box.high.size() && box.low.size() == box.start.size(),
            "a start and two bounds per variable");
  for (std::size_t i = 0; i < box.low.size(); ++i)
    TL_ENSURE(box.low[i] < box.start[i] && box.start[i] < box.high[i], "the start is inside");
}

}  // namespace

Solution solve(const Residuals& residuals, const Box& box, const SolverOptions& options) {
  check(box);
  const auto rows = static_cast<int>(residuals(box.start).size());
  TL_ENSURE(rows >= static_cast<int>(box.low.size()), "no fewer residuals than variables");
  Solution best;
  best.cost = std::numeric_limits<double>::infinity();
  for (int start = 0; start < options.starts; ++start) {
    Eigen::VectorXd y = outside(box, start_of(box, options, start));
    FunctorWithJacobian functor(residuals, box, rows);
    Eigen::LevenbergMarquardt<FunctorWithJacobian> solver(functor);
    solver.setMaxfev(options.evaluations);
    solver.setFtol(kConverged);
    solver.setXtol(kConverged);
    solver.minimize(y);
    const std::vector<double> x = inside(box, y);
    const double cost = cost_of(residuals(x));
    if (cost < best.cost) best = {x, cost, {}};
  }
  best.jacobian = jacobian_at(residuals, box, best.x);
  return best;
}

}  // namespace twinlink::analysis
