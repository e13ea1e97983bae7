// Verdicts on two times, with every bound worked by hand.
#include "analysis/comparison.h"

#include <doctest/doctest.h>

#include "topology/error.h"

namespace analysis = twinlink::analysis;
using analysis::Change;
using analysis::compare;
using analysis::Timing;

TEST_CASE("exact times: the ratio alone decides, and the bounds belong to same") {
  // 1.5 and a threshold of 25 % are exact in binary: bounds 1.25 and 0.8.
  CHECK(compare({100, {}, {}}, {150, {}, {}}, 0.25).ratio == 1.5);
  CHECK(compare({100, {}, {}}, {150, {}, {}}, 0.25).change == Change::slower);
  CHECK(compare({100, {}, {}}, {125, {}, {}}, 0.25).change == Change::same);
  CHECK(compare({100, {}, {}}, {80, {}, {}}, 0.25).change == Change::same);
  CHECK(compare({100, {}, {}}, {79.9, {}, {}}, 0.25).change == Change::faster);
  CHECK(compare({7, {}, {}}, {7, {}, {}}, 0).change == Change::same);
  CHECK(compare({7, {}, {}}, {7.000001, {}, {}}, 0).change == Change::slower);
}

TEST_CASE("times with samples: the whole interval must lie on one side") {
  const Timing a{100, 90, 110};
  // 200 (180 to 220) / 100 (90 to 110): 2, from 180/110 = 1.636 to 220/90 = 2.444.
  const auto slower = compare(a, {200, 180, 220}, 0.02);
  CHECK(slower.ratio == 2);
  CHECK(slower.low == doctest::Approx(18.0 / 11).epsilon(1e-12));  // rounding only
  CHECK(slower.high == doctest::Approx(22.0 / 9).epsilon(1e-12));  // rounding only
  CHECK(slower.change == Change::slower);
  // Turned around it is faster: 0.409 to 0.611.
  CHECK(compare({200, 180, 220}, a, 0.02).change == Change::faster);
  // 120 (115 to 125): 115/110 = 1.045 > 1.02, so slower; with a threshold of 5 % across the bound.
  CHECK(compare(a, {120, 115, 125}, 0.02).change == Change::slower);
  CHECK(compare(a, {120, 115, 125}, 0.05).change == Change::unclear);
  // The same medians with a wide spread say nothing; with a narrow one they are the same.
  CHECK(compare(a, a, 0.02).change == Change::unclear);
  CHECK(compare({100, 99.5, 100.5}, {100, 99.5, 100.5}, 0.02).change == Change::same);
}

TEST_CASE("one exact time against samples: 100 against 110 (105 to 115) is slower by 5 % or more") {
  const auto c = compare({100, {}, {}}, {110, 105, 115}, 0.04);
  CHECK(c.low == 1.05);
  CHECK(c.high == 1.15);
  CHECK(c.change == Change::slower);
}

TEST_CASE("what cannot be compared is our own mistake") {
  CHECK_THROWS_AS(compare({0, {}, {}}, {1, {}, {}}, 0), twinlink::InternalError);
  CHECK_THROWS_AS(compare({1, 2, 3}, {1, {}, {}}, 0), twinlink::InternalError);
  CHECK_THROWS_AS(compare({1, {}, {}}, {1, {}, {}}, -0.1), twinlink::InternalError);
}
