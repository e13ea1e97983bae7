#include "analysis/error_summary.h"

#include <doctest/doctest.h>

#include <vector>

using twinlink::analysis::ErrorSummary;
using twinlink::analysis::summarise_errors;

TEST_CASE("five errors, by hand") {
  // Absolute values sorted: 0, 2, 4, 6, 20. Median 4; p90 at 0.9 x 4 = 3.6: 6 + 0.6 x 14 = 14.4.
  // Bias: (-20 + 6 + 4 - 2 + 0) / 5 = -2.4.
  const std::vector<double> errors{-20, 6, 4, -2, 0};
  const ErrorSummary s = summarise_errors(errors);
  CHECK(s.n == 5);
  CHECK(s.median == 4);
  CHECK(s.p90 == doctest::Approx(14.4).epsilon(1e-12));  // rounding only
  CHECK(s.max == 20);
  CHECK(s.bias == doctest::Approx(-2.4).epsilon(1e-12));  // rounding only
}

TEST_CASE("no errors are no figures") { CHECK(summarise_errors({}).n == 0); }
