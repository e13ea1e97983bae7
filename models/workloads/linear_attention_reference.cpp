#include "models/workloads/linear_attention_reference.h"

#include <algorithm>
#include <cmath>

namespace twinlink::models {
namespace {

using Vector = std::vector<double>;

// d x e, with the decayed outer product of each token added.
class State {
 public:
  State(std::size_t d, std::size_t e, double decay) : d_(d), e_(e), decay_(decay), s_(d * e) {}

  void add(const Vector& key, const Vector& value) {
    for (std::size_t i = 0; i < d_; ++i) {
      double* row = &s_[i * e_];
      for (std::size_t j = 0; j < e_; ++j) row[j] = decay_ * row[j] + key[i] * value[j];
    }
  }
  // to = left S (e long), and to = S right (d long).
  void from_left(const Vector& left, double* to) const {
    std::fill(to, to + e_, 0.0);
    for (std::size_t i = 0; i < d_; ++i)
      for (std::size_t j = 0; j < e_; ++j) to[j] += left[i] * s_[i * e_ + j];
  }
  void from_right(const Vector& right, double* to) const {
    for (std::size_t i = 0; i < d_; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < e_; ++j) sum += s_[i * e_ + j] * right[j];
      to[i] = sum;
    }
  }

 private:
  std::size_t d_, e_;
  double decay_;
  Vector s_;
};

struct Walker {
  const ReferenceHead& head;
  std::int64_t first, count;
  std::size_t d = static_cast<std::size_t>(head.d), e = static_cast<std::size_t>(head.e);
  ReferenceRows rows{};

  [[nodiscard]] Vector row(int tensor, std::int64_t token) const {
    Vector values(tensor < 2 ? d : e);
    head.row(tensor, token, values.data());
    return values;
  }
  [[nodiscard]] bool wanted(std::int64_t t) const { return t >= first && t < first + count; }

  void forwards() {
    State state(d, e, std::exp(-head.slope));
    for (std::int64_t t = std::max<std::int64_t>(0, first - reach(head)); t < first + count; ++t) {
      state.add(row(1, t), row(2, t));
      if (!wanted(t)) continue;
      const auto at = static_cast<std::size_t>(t - first);
      state.from_left(row(0, t), &rows.o[at * e]);
      state.from_right(row(3, t), &rows.dq[at * d]);
    }
  }

  void backwards() {
    State state(d, e, std::exp(-head.slope));
    const std::int64_t last = std::min(head.tokens, first + count + reach(head));
    for (std::int64_t t = last; t-- > first;) {
      state.add(row(0, t), row(3, t));
      if (!wanted(t)) continue;
      const auto at = static_cast<std::size_t>(t - first);
      state.from_right(row(2, t), &rows.dk[at * d]);
      state.from_left(row(1, t), &rows.dv[at * e]);
    }
  }
};

}  // namespace

std::int64_t reach(const ReferenceHead& head) {
  const double tokens = -std::log(head.negligible) / std::max(head.slope, 1e-12);
  return static_cast<std::int64_t>(std::min(std::ceil(tokens), static_cast<double>(head.tokens)));
}

ReferenceRows reference_rows(const ReferenceHead& head, std::int64_t first, std::int64_t count) {
  Walker walker{head, first, count};
  const auto n = static_cast<std::size_t>(count);
  walker.rows = {Vector(n * walker.e), Vector(n * walker.d), Vector(n * walker.d),
                 Vector(n * walker.e)};
  walker.forwards();
  walker.backwards();
  return std::move(walker.rows);
}

}  // namespace twinlink::models
