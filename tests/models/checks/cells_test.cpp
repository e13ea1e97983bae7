#include "models/checks/cells.h"

#include <doctest/doctest.h>

#include "tests/models/checks/support/plans.h"

namespace twinlink::models::checks {
namespace {

using test::Frame;
using test::part;

std::vector<std::int64_t> cuts(const Cells& cells, BufferId buffer) {
  std::vector<std::int64_t> begins;
  const CellRange range = cells.of_buffer(buffer);
  for (std::uint32_t c = range.first; c < range.first + range.count; ++c)
    begins.push_back(cells.begin(c) / 4);
  return begins;
}

TEST_CASE("cells are cut at the ends of all slices") {
  Frame f({Operation::all_reduce, 2, 100});
  f.copy(0, part(f.input(0), {10, 20}), part(f.output(0), {0, 20}));
  f.copy(0, part(f.input(0), {25, 20}), part(f.output(0), {80, 20}));
  f.copy(0, part(f.input(1), {50, 0}), part(f.output(0), {33, 0}));  // empty: no cut
  const Plan plan = f.builder.finish();
  const Cells cells(plan);
  CHECK(cuts(cells, f.input(0)) == std::vector<std::int64_t>{0, 10, 25, 30, 45});
  CHECK(cuts(cells, f.input(1)) == std::vector<std::int64_t>{0});
  // 25..30 of the input lies in both sources: 15..20 and 80..85 of the output.
  CHECK(cuts(cells, f.output(0)) == std::vector<std::int64_t>{0, 15, 20, 80, 85});
  CHECK(cells.of_slice(0).count == 2);
  CHECK(cells.begin(cells.of_slice(0).first) == 40);
  CHECK(cells.of_slice(4).count == 0);
  CHECK(cells.buffer_of(cells.of_slice(3).first) == f.output(0));
  CHECK(cells.of_slice(3).writable == 1);
  CHECK(cells.of_slice(2).writable == 0);
}

TEST_CASE("cuts are carried along a chain of copies, but not back") {
  Frame f({Operation::all_reduce, 1, 64});
  const BufferId a = f.scratch(0);
  const BufferId b = f.scratch(0);
  f.copy(0, part(f.input(0), {0, 7}), part(a, {0, 7}));
  f.copy(0, part(f.input(0), {7, 57}), part(a, {7, 57}));
  f.copy(0, f.whole(a), f.whole(b));
  f.copy(0, part(b, {0, 32}), part(f.output(0), {32, 32}));
  const Plan plan = f.builder.finish();
  const Cells cells(plan);
  CHECK(cuts(cells, a) == std::vector<std::int64_t>{0, 7});
  CHECK(cuts(cells, b) == std::vector<std::int64_t>{0, 7, 32});
  CHECK(cuts(cells, f.output(0)) == std::vector<std::int64_t>{0, 32, 39});
}

TEST_CASE("slices of very different sizes share slots and are found all the same") {
  Frame f({Operation::all_reduce, 1, 1 << 20});
  for (std::int64_t i = 0; i < 50; ++i)
    f.copy(0, part(f.input(0), {i, 1}), part(f.output(0), {i * i, 1}));
  f.copy(0, f.whole(f.input(0)), f.whole(f.scratch(0)));
  const Plan plan = f.builder.finish();
  const Cells cells(plan);
  for (std::size_t s = 0; s + 2 < plan.slices.size(); ++s) {
    const CellRange range = cells.of_slice(s);
    CHECK(range.count == 1);
    CHECK(cells.begin(range.first) == plan.slices[s].offset.count);
    CHECK(cells.end(range.first) == plan.slices[s].offset.count + 4);
  }
  CHECK(cells.of_slice(100).count == 51);
}

TEST_CASE("a plan that shifts its cuts for ever is called too fragmented") {
  // Each pair of copies moves the scratch by one element and back: every round adds a cut, and
  // round i looks at 2 i of them.
  Frame f({Operation::all_reduce, 1, 1000});
  const BufferId a = f.scratch(0);
  const BufferId b = f.scratch(0);
  for (const BufferId to : {a, b}) f.copy(0, f.whole(f.input(0)), f.whole(to));
  for (int i = 0; i < 100; ++i) {
    f.copy(0, part(a, {0, 999}), part(b, {1, 999}));
    f.copy(0, f.whole(b), f.whole(a));
  }
  const Plan plan = f.builder.finish();
  CHECK_FALSE(Cells(plan).fragmented());
  const std::optional<OpId> op = Cells(plan, {1 << 20, 1000}).fragmented();
  REQUIRE(op);
  // i (i + 1) = 1000 at i = 31, so after about 2 + 2 x 31 ops.
  CHECK(op->value > 55);
  CHECK(op->value < 75);
  CHECK(Cells(plan, {1000, 1 << 20}).fragmented() == OpId{201});
}

}  // namespace
}  // namespace twinlink::models::checks
