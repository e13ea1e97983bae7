#include "analysis/accuracy.h"

#include <doctest/doctest.h>

#include <vector>

#include "analysis/quantile.h"

using namespace twinlink::analysis;

namespace {

Sample row(const char* algorithm, std::int64_t bytes, double measured, double predicted) {
  return {"m", "all_reduce", algorithm, 4, bytes, measured, predicted};
}

}  // namespace

TEST_CASE("quantiles are linear between order statistics") {
  CHECK(quantile({3, 1, 2}, 0.5) == 2);
  CHECK(quantile({1, 2, 3, 4}, 0.5) == 2.5);
  CHECK(quantile({10, 20}, 0.9) == doctest::Approx(19));  // 10 + 0.9 x 10
  CHECK(quantile({7}, 0.9) == 7);
  CHECK(quantile({1, 2, 3}, 1) == 3);
}

TEST_CASE("errors and bias are relative to what was measured") {
  // +10 %, -20 %, 0 %: absolute 0, 10, 20.
  const std::vector<Sample> rows{row("a", 1, 100, 110), row("a", 2, 10, 8), row("a", 3, 5, 5)};
  const Accuracy a = accuracy(rows);
  CHECK(a.n == 3);
  CHECK(a.median_ape == doctest::Approx(10));
  CHECK(a.p90_ape == doctest::Approx(18));  // 10 + 0.8 x 10
  CHECK(a.max_ape == doctest::Approx(20));
  CHECK(a.bias == doctest::Approx(-10.0 / 3));
  CHECK(a.cells == 0);
}

TEST_CASE("a choice is judged by what was measured") {
  const std::vector<Sample> rows{
      row("a", 1, 10, 10), row("b", 1, 12, 11),  // a chosen, a best
      row("a", 2, 20, 19), row("b", 2, 16, 20),  // a chosen, b best: 25 % too long
      row("a", 3, 30, 31), row("b", 3, 30, 30),  // equally fast: either is right
      row("a", 4, 1, 1),                         // no choice
  };
  const Accuracy a = accuracy(rows);
  CHECK(a.cells == 3);
  CHECK(a.choice_right == doctest::Approx(2.0 / 3));
  CHECK(a.regret == doctest::Approx(25.0 / 3));
}
