#include "analysis/alpha_beta.h"

#include <doctest/doctest.h>

#include <vector>

using namespace twinlink::analysis;

namespace {

Sample row(const char* algorithm, std::int64_t bytes, double us) {
  return {"m", "all_reduce", algorithm, 4, bytes, us, 0};
}

Line line_through(const std::vector<Sample>& rows) {
  std::vector<const Sample*> list;
  for (const Sample& r : rows) list.push_back(&r);
  return fit_line(list);
}

}  // namespace

TEST_CASE("points on a line give the line, whatever their weights") {
  const Line line = line_through({row("a", 0, 5), row("a", 1000, 7), row("a", 100000, 205)});
  CHECK(line.alpha_us == doctest::Approx(5));
  CHECK(line.beta_us_per_byte == doctest::Approx(0.002));
}

TEST_CASE("neither latency nor rate becomes negative") {
  // A line through (1000, 1), (2000, 3) would begin at -1 us.
  const Line steep = line_through({row("a", 1000, 1), row("a", 2000, 3)});
  CHECK(steep.alpha_us == 0);
  CHECK(steep.beta_us_per_byte > 0);
  const Line falling = line_through({row("a", 1000, 3), row("a", 2000, 1)});
  CHECK(falling.beta_us_per_byte == 0);
  // Least relative residuals: (1/3 + 1/1) / (1/9 + 1/1) = 1.2.
  CHECK(falling.alpha_us == doctest::Approx(1.2));
  CHECK(line_through({row("a", 1000, 4)}).alpha_us == doctest::Approx(4));
}

TEST_CASE("an algorithm that was not seen gets the line of all") {
  const std::vector<Sample> rows{row("a", 0, 5), row("a", 1000, 7)};
  const AlphaBeta model(rows);
  CHECK(model.predict_us(row("a", 2000, 0)) == doctest::Approx(9));
  CHECK(model.predict_us(row("b", 2000, 0)) == doctest::Approx(9));
  Sample other = row("a", 2000, 0);
  other.machine = "elsewhere";
  CHECK(model.predict_us(other) == 0);
}
