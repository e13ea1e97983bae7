#include "models/checks/order.h"

#include <doctest/doctest.h>

#include "tests/models/checks/support/plans.h"

namespace twinlink::models::checks {
namespace {

using test::Frame;

struct Question {
  int earlier, later;
  Need need;
};

// Both ways to the answer; the quick one may not know.
bool ordered(const Plan& plan, const Question& q) {
  Order order(plan);
  std::vector<OpId> open{OpId{q.earlier}};
  order.search(OpId{q.later}, open, q.need);
  const OpParts later = parts_of(plan, static_cast<std::size_t>(q.later));
  const bool quick = order.quick(later, OpId{q.earlier}, q.need);
  CHECK((!quick || open.empty()));
  return open.empty();
}

bool quick(const Plan& plan, const Question& q) {
  const OpParts later = parts_of(plan, static_cast<std::size_t>(q.later));
  return Order(plan).quick(later, OpId{q.earlier}, q.need);
}

// Copies of nothing: only their order counts.
OpId step(Frame& f, int rank, const std::vector<Dep>& deps) {
  return f.copy(rank, test::part(f.input(0), {}), test::part(f.output(0), {}), deps);
}

TEST_CASE("order follows lanes and dependencies, visibility does not follow relaxed flags") {
  Frame f({Operation::all_reduce, 4, 1});
  step(f, 0, {});                                  // 0
  step(f, 1, {dep(OpId{0})});                      // 1
  step(f, 1, {});                                  // 2, after 1 in its lane
  step(f, 2, {dep(OpId{2}, Edge::flag_relaxed)});  // 3
  step(f, 3, {dep(OpId{2}), dep(OpId{3})});        // 4
  step(f, 0, {});                                  // 5, after 0
  const Plan plan = f.builder.finish();
  CHECK(ordered(plan, {0, 2, Need::visible}));
  CHECK(ordered(plan, {0, 3, Need::any}));
  CHECK_FALSE(ordered(plan, {0, 3, Need::visible}));
  CHECK(ordered(plan, {0, 4, Need::visible}));  // by 2, round the relaxed flag
  CHECK(ordered(plan, {3, 4, Need::visible}));
  CHECK_FALSE(ordered(plan, {1, 5, Need::any}));
  CHECK_FALSE(ordered(plan, {4, 5, Need::any}));
  CHECK(quick(plan, {0, 1, Need::visible}));
  CHECK(quick(plan, {0, 5, Need::visible}));
  CHECK_FALSE(quick(plan, {1, 5, Need::any}));
}

TEST_CASE("a chain of dependencies across ranks is known at once, up to its relaxed links") {
  Frame f({Operation::all_reduce, 5, 1});
  step(f, 0, {});
  step(f, 1, {dep(OpId{0})});
  step(f, 2, {dep(OpId{1}, Edge::flag_relaxed)});
  step(f, 3, {dep(OpId{2})});
  step(f, 4, {dep(OpId{3})});
  const Plan plan = f.builder.finish();
  CHECK(quick(plan, {0, 4, Need::any}));
  CHECK(quick(plan, {2, 4, Need::visible}));
  CHECK_FALSE(quick(plan, {1, 4, Need::visible}));
  CHECK_FALSE(ordered(plan, {1, 4, Need::visible}));
}

TEST_CASE("a rendezvous orders what comes before it on any rank, if fenced also visibly") {
  for (const Edge edge : {Edge::flag_fenced, Edge::flag_relaxed}) {
    Frame f({Operation::all_reduce, 3, 1});
    for (int r = 0; r < 3; ++r) step(f, r, {});  // 0 1 2
    const std::uint32_t meeting = f.builder.add_rendezvous({f.group, edge});
    for (int r = 0; r < 3; ++r) f.builder.barrier(f.lane(r), meeting, {});  // 3 4 5
    for (int r = 0; r < 3; ++r) step(f, r, {});                             // 6 7 8
    const LaneId other = f.builder.add_sm_lane(f.kernels[0], {});
    f.builder.copy(other, test::part(f.input(0), {}), test::part(f.output(0), {}), {});  // 9
    const Plan plan = f.builder.finish();
    const bool fenced = edge == Edge::flag_fenced;
    CHECK(ordered(plan, {2, 6, Need::any}));
    CHECK(ordered(plan, {2, 6, Need::visible}) == fenced);
    CHECK(quick(plan, {2, 6, Need::any}));
    CHECK(quick(plan, {2, 6, Need::visible}) == fenced);
    CHECK(ordered(plan, {0, 6, Need::visible}));  // its own lane
    CHECK_FALSE(ordered(plan, {6, 7, Need::any}));
    CHECK_FALSE(ordered(plan, {0, 9, Need::any}));
  }
}

TEST_CASE("one search answers for many ops, two of them on one lane") {
  Frame f({Operation::all_reduce, 3, 1});
  step(f, 0, {});              // 0
  step(f, 1, {dep(OpId{0})});  // 1
  step(f, 0, {});              // 2: after 0, not before 3
  step(f, 2, {dep(OpId{1})});  // 3
  const Plan plan = f.builder.finish();
  Order order(plan);
  std::vector<OpId> open{OpId{0}, OpId{1}, OpId{2}};
  order.search(OpId{3}, open, Need::visible);
  CHECK(open == std::vector<OpId>{OpId{2}});
}

}  // namespace
}  // namespace twinlink::models::checks
