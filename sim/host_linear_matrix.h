#pragma once
// Matrices of linear attention on the host: rows are tokens (or key features of a state), columns
// features; fp32 row-major as the plans store them.
//
//   powers(slope, n, first, step)   decay^(first + i step), i = 0 .. n - 1, decay = exp(-slope)
//   causal_decay(slope, n)          decay^(row - column) on and below the diagonal, 0 above
#include <Eigen/Core>
#include <cmath>
#include <span>
#include <vector>

namespace twinlink::sim::linear {

template <class Number>
using MatrixOf = Eigen::Matrix<Number, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Matrix = MatrixOf<float>;
using Rows = Eigen::Map<const Matrix>;

inline Rows rows(std::span<const float> values, int width) {
  return {values.data(), static_cast<Eigen::Index>(values.size()) / width, width};
}

template <class Number>
std::vector<Number> values_of(const MatrixOf<Number>& matrix) {
  return {matrix.data(), matrix.data() + matrix.size()};
}

inline Eigen::VectorXf powers(double slope, Eigen::Index n, double first, double step) {
  Eigen::VectorXf result(n);
  for (Eigen::Index i = 0; i < n; ++i)
    result[i] = static_cast<float>(std::exp(-slope * (first + step * static_cast<double>(i))));
  return result;
}

inline Matrix causal_decay(double slope, Eigen::Index n) {
  Matrix decay = Matrix::Zero(n, n);
  for (Eigen::Index t = 0; t < n; ++t)
    for (Eigen::Index i = 0; i <= t; ++i)
      decay(t, i) = static_cast<float>(std::exp(-slope * static_cast<double>(t - i)));
  return decay;
}

}  // namespace twinlink::sim::linear
