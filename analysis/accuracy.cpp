#include "analysis/accuracy.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <vector>

#include "analysis/quantile.h"
#include "topology/error.h"

namespace twinlink::analysis {
namespace {

constexpr double kPerCent = 100;

using Cell = std::vector<const Sample*>;

std::vector<Cell> cells_of(std::span<const Sample> samples) {
  std::map<std::tuple<std::string, std::string, int, std::int64_t>, Cell> cells;
  for (const Sample& s : samples)
    if (s.choice) cells[{s.machine, s.operation, s.ranks, s.bytes}].push_back(&s);
  std::vector<Cell> result;
  for (auto& [key, cell] : cells)
    if (cell.size() > 1) result.push_back(std::move(cell));
  return result;
}

// Measured time of the algorithm that is predicted best, over the best measured time.
double cost_of_choice(const Cell& cell) {
  const auto predicted = [](const Sample* a, const Sample* b) {
    return a->predicted_us < b->predicted_us;
  };
  const auto measured = [](const Sample* a, const Sample* b) {
    return a->measured_us < b->measured_us;
  };
  const Sample* chosen = *std::min_element(cell.begin(), cell.end(), predicted);
  const Sample* best = *std::min_element(cell.begin(), cell.end(), measured);
  return chosen->measured_us / best->measured_us;
}

void add_choices(std::span<const Sample> samples, Accuracy& result) {
  int right = 0;
  for (const Cell& cell : cells_of(samples)) {
    const double cost = cost_of_choice(cell);
    ++result.cells;
    right += cost <= 1 ? 1 : 0;
    result.regret += kPerCent * (cost - 1);
  }
  if (result.cells == 0) return;
  result.choice_right = static_cast<double>(right) / result.cells;
  result.regret /= result.cells;
}

}  // namespace

Accuracy accuracy(std::span<const Sample> samples) {
  Accuracy result;
  if (samples.empty()) return result;
  std::vector<double> errors;
  for (const Sample& s : samples) {
    TL_ENSURE(s.measured_us > 0 && s.predicted_us > 0, "times are positive");
    const double error = kPerCent * (s.predicted_us / s.measured_us - 1);
    errors.push_back(std::abs(error));
    result.bias += error;
  }
  result.n = static_cast<int>(samples.size());
  result.bias /= result.n;
  result.median_ape = quantile(errors, 0.5);
  result.p90_ape = quantile(errors, 0.9);
  result.max_ape = quantile(errors, 1);
  add_choices(samples, result);
  return result;
}

}  // namespace twinlink::analysis
