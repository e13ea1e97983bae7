#pragma once
// The baseline every model must beat: one straight line per machine, operation and algorithm.
//
//   t(S) = a + b S,  a, b >= 0, relative residuals least (each row divided by its measured time)
// The number of ranks is not in it. Rows of a curve that the fit has not seen get the line pooled
// over all algorithms of that machine and operation; without any, nothing (0).
#include <map>
#include <span>
#include <string>
#include <tuple>

#include "analysis/accuracy.h"

namespace twinlink::analysis {

struct Line {
  double alpha_us = 0, beta_us_per_byte = 0;
  [[nodiscard]] double at(std::int64_t bytes) const {
    return alpha_us + beta_us_per_byte * static_cast<double>(bytes);
  }
};

// Rows need positive times. One row, or rows of one size: a constant.
Line fit_line(std::span<const Sample* const> rows);

class AlphaBeta {
 public:
  explicit AlphaBeta(std::span<const Sample> fit);
  [[nodiscard]] double predict_us(const Sample& row) const;

 private:
  std::map<std::tuple<std::string, std::string, std::string>, Line> lines_;
  std::map<std::tuple<std::string, std::string>, Line> pooled_;
};

}  // namespace twinlink::analysis
