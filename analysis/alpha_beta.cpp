#include "analysis/alpha_beta.h"

#include <algorithm>
#include <vector>

namespace twinlink::analysis {
namespace {

// Sums of the weighted normal equations of t = a + b S.
struct Moments {
  double w = 0, ws = 0, wss = 0, wt = 0, wst = 0;
};

Moments moments(std::span<const Sample* const> rows) {
  Moments m;
  for (const Sample* row : rows) {
    const double s = static_cast<double>(row->bytes), t = row->measured_us;
    const double w = 1 / (t * t);
    m.w += w;
    m.ws += w * s;
    m.wss += w * s * s;
    m.wt += w * t;
    m.wst += w * s * t;
  }
  return m;
}

using Rows = std::vector<const Sample*>;

template <class Key>
std::map<Key, Line> lines(const std::map<Key, Rows>& curves) {
  std::map<Key, Line> result;
  for (const auto& [key, rows] : curves) result[key] = fit_line(rows);
  return result;
}

}  // namespace

Line fit_line(std::span<const Sample* const> rows) {
  const Moments m = moments(rows);
  const double determinant = m.w * m.wss - m.ws * m.ws;
  if (determinant <= 1e-12 * m.w * m.wss) return {m.wt / m.w, 0};
  const Line line{(m.wt * m.wss - m.wst * m.ws) / determinant,
                  (m.w * m.wst - m.ws * m.wt) / determinant};
  if (line.alpha_us < 0) return {0, m.wst / m.wss};
  if (line.beta_us_per_byte < 0) return {m.wt / m.w, 0};
  return line;
}

AlphaBeta::AlphaBeta(std::span<const Sample> fit) {
  std::map<std::tuple<std::string, std::string, std::string>, Rows> curves;
  std::map<std::tuple<std::string, std::string>, Rows> pools;
  for (const Sample& row : fit) {
    curves[{row.machine, row.operation, row.algorithm}].push_back(&row);
    pools[{row.machine, row.operation}].push_back(&row);
  }
  lines_ = lines(curves);
  pooled_ = lines(pools);
}

double AlphaBeta::predict_us(const Sample& row) const {
  const auto own = lines_.find({row.machine, row.operation, row.algorithm});
  if (own != lines_.end()) return own->second.at(row.bytes);
  const auto pooled = pooled_.find({row.machine, row.operation});
  return pooled == pooled_.end() ? 0 : pooled->second.at(row.bytes);
}

}  // namespace twinlink::analysis
