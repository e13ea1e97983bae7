#include "analysis/fit.h"

#include <doctest/doctest.h>

#include <cmath>

#include "analysis/least_squares.h"

using namespace twinlink::analysis;

namespace {

// t = a + b S + c, S = 1, 2, 4, ..., 2^20; a and c only ever appear as a sum where `both`.
std::vector<double> times(double a, double b, double c) {
  std::vector<double> t;
  for (double s = 1; s < 2e6; s *= 2) t.push_back(a + b * s + c);
  return t;
}

FitData line_data(double noise) {
  FitData data;
  data.parameters = {{"alpha", 2, 0.01, 100}, {"beta", 1e-3, 1e-6, 1}};
  data.measured_us = times(5, 2e-4, 0);
  for (std::size_t i = 0; i < data.measured_us.size(); ++i)
    data.measured_us[i] *= 1 + (i % 2 == 0 ? noise : -noise);
  data.sigma.assign(data.measured_us.size(), 0.02);
  data.predict = [](const std::vector<double>& x) { return times(x[0], x[1], 0); };
  return data;
}

bool mentions(const Fit& result, const std::string& words) {
  for (const std::string& remark : result.remarks)
    if (remark.find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("bounded least squares finds a minimum inside and one at the edge") {
  const Residuals residuals = [](const std::vector<double>& x) {
    return std::vector<double>{x[0] - 3, 10 * (x[1] - x[0] * x[0])};
  };
  const Solution free = solve(residuals, {{1, 1}, {-10, -10}, {10, 20}}, {});
  CHECK(free.x[0] == doctest::Approx(3).epsilon(1e-4));
  CHECK(free.x[1] == doctest::Approx(9).epsilon(1e-4));
  const Solution edge = solve(residuals, {{1, 1}, {-10, -10}, {2, 20}}, {});
  CHECK(edge.x[0] == doctest::Approx(2).epsilon(1e-2));  // the box ends there
  CHECK(edge.x[0] < 2);
}

TEST_CASE("a fit recovers the constants behind exact data") {
  const Fit result = fit(line_data(0), {});
  // The prior pulls by 1/1.5 sigma per unit of log; 21 rows of 2 % each outweigh it.
  CHECK(result.estimates[0].value == doctest::Approx(5).epsilon(1e-3));
  CHECK(result.estimates[1].value == doctest::Approx(2e-4).epsilon(1e-3));
  CHECK(result.estimates[0].identified);
  CHECK(result.remarks.empty());
}

TEST_CASE("noise shows in the spread, and the truth lies within a few of them") {
  const Fit result = fit(line_data(0.03), {});
  for (const auto& [index, truth] : {std::pair(0, 5.0), std::pair(1, 2e-4)}) {
    const Estimate& e = result.estimates[static_cast<std::size_t>(index)];
    CHECK(e.spread > 0.002);
    CHECK(e.spread < 0.1);
    CHECK(std::abs(std::log(e.value / truth)) < 4 * e.spread + 0.02);
  }
}

TEST_CASE("a wild row moves a robust fit little") {
  FitData data = line_data(0);
  data.measured_us[3] *= 3;
  const Fit result = fit(data, {});
  // Plain least squares would move alpha by about log(3) / 14 = 8 % (14 rows are mostly alpha).
  CHECK(result.estimates[0].value == doctest::Approx(5).epsilon(0.02));
}

TEST_CASE("what no row depends on stays, and is named") {
  FitData data = line_data(0);
  data.parameters.push_back({"gamma", 7, 0.1, 50});
  const Fit result = fit(data, {});
  CHECK_FALSE(result.estimates[2].identified);
  CHECK(result.estimates[2].value == 7);
  CHECK(mentions(result, "the data do not tell gamma"));
  CHECK(result.estimates[0].value == doctest::Approx(5).epsilon(1e-3));
}

TEST_CASE("constants that only appear together are not both fitted") {
  FitData data = line_data(0);
  data.parameters.push_back({"other", 1, 0.01, 100});
  data.predict = [](const std::vector<double>& x) { return times(x[0], x[1], x[2]); };
  const Fit result = fit(data, {});
  const bool dropped = !result.estimates[0].identified || !result.estimates[2].identified;
  CHECK((dropped || mentions(result, "apart")));
}

TEST_CASE("the same seed gives the same fit") {
  const Fit a = fit(line_data(0.03), {}), b = fit(line_data(0.03), {});
  CHECK(a.estimates[0].value == b.estimates[0].value);
  CHECK(a.estimates[0].spread == b.estimates[0].spread);
}
