#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "tests/models/checks/support/plans.h"

namespace twinlink::models {
namespace {

using test::Frame;
using test::mentions;
using test::names;
using test::part;
using test::text_of;

TEST_CASE("mutation: a dropped dependency") {
  Plan plan = test::ring_all_reduce(4, 16);
  test::drop_first_dep(plan, 9);  // step 2 of rank 1, on rank 0's op 4
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  REQUIRE_FALSE(proof.correct());
  CHECK(proof.findings[0].check == Check::race);
  CHECK(names(proof.findings[0], 1, 9));
  CHECK(proof.findings[0].message ==
        "rank 1: op 9 reads bytes 32..47 of \"output\" of rank 0, which op 4 of rank 0 writes with "
        "no order between them");
  CHECK(proof.wrong_ranks.empty());  // in the order of ops the numbers are right
}

TEST_CASE("every dependency of a ring is needed") {
  const Plan plan = test::ring_all_reduce(4, 16);
  for (int op = 4; op < 24; ++op) {
    Plan mutant = plan;
    test::drop_first_dep(mutant, op);
    const Proof proof = check_races(mutant);
    INFO("without the dependency of op " << op << ": " << text_of(proof));
    CHECK_FALSE(proof.correct());
  }
}

TEST_CASE("mutation: a relaxed flag where data must be visible") {
  Plan plan = test::chain_exscan(4, 4, false);
  plan.deps[plan.ops[3].first_dep] = dep(OpId{2}, Edge::flag_relaxed);
  const Proof proof = prove(plan);
  REQUIRE(proof.total == 1);
  CHECK(names(proof.findings[0], 3, 3));
  CHECK(mentions(proof.findings[0],
                 "which op 2 of rank 2 writes behind relaxed flags only, which do not make it "
                 "visible"));
}

TEST_CASE("mutation: a relaxed meeting where data must be visible") {
  CHECK(prove(test::two_shot_all_reduce(5, 13, Edge::flag_fenced)).correct());
  const Proof proof = prove(test::two_shot_all_reduce(3, 9, Edge::flag_relaxed));
  REQUIRE(proof.total == 6);  // each rank fetches two shares
  CHECK(proof.findings[0].check == Check::race);
  CHECK(names(proof.findings[0], 0, 9));
  CHECK(mentions(proof.findings[0], "relaxed flags only"));
}

// Rank 0 writes rank 1's scratch, rank 1 reads it, rank 0 writes it again.
Plan reused_scratch(const std::vector<Dep>& deps_of_second_write) {
  Frame f({Operation::broadcast, 2, 4});
  const BufferId scratch = f.scratch(1);
  f.copy(0, f.whole(f.input(0)), f.whole(scratch));                        // 0
  f.copy(1, f.whole(scratch), f.whole(f.output(1)), {dep(OpId{0})});       // 1
  f.copy(0, f.whole(f.input(0)), f.whole(scratch), deps_of_second_write);  // 2
  f.copy(0, f.whole(f.input(0)), f.whole(f.output(0)));                    // 3
  return f.builder.finish();
}

TEST_CASE("a write after a read needs an order, and relaxed flags are enough") {
  CHECK(prove(reused_scratch({dep(OpId{1}, Edge::flag_relaxed)})).correct());
  const Proof proof = prove(reused_scratch({}));
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].message ==
        "rank 0: op 2 writes bytes 0..15 of \"scratch\" of rank 1, which op 1 of rank 1 reads with "
        "no order between them");
}

TEST_CASE("mutation: two ranks write the same bytes") {
  Frame f({Operation::broadcast, 3, 4});
  for (int r = 0; r < 2; ++r) f.copy(r, f.whole(f.input(0)), f.whole(f.output(r)));
  f.copy(0, part(f.input(0), {0, 3}), part(f.output(2), {0, 3}));
  f.copy(1, part(f.input(0), {2, 2}), part(f.output(2), {2, 2}));
  const Proof proof = prove(f.builder.finish());
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].message ==
        "rank 1: op 3 writes bytes 8..11 of \"output\" of rank 2, which op 2 of rank 0 writes with "
        "no order between them");
}

TEST_CASE("ranks of one GPU are different ranks") {
  PlanBuilder builder("shared GPU", {0, 0});
  std::vector<LaneId> lanes;
  for (int r = 0; r < 2; ++r)
    lanes.push_back(builder.add_sm_lane(builder.add_kernel({Rank{r}, LaunchMode::graph, "k"}), {}));
  const BufferId in =
      builder.add_buffer({Rank{0}, BufferRole::input, ElementType::fp32, {4}, "in"});
  const BufferId scratch =
      builder.add_buffer({Rank{0}, BufferRole::scratch, ElementType::fp32, {4}, "scratch"});
  for (const LaneId lane : lanes) builder.copy(lane, part(in, {0, 1}), part(scratch, {0, 1}), {});
  CHECK(check_races(builder.finish()).total == 1);
}

TEST_CASE("lanes of one rank run at the same time") {
  Frame f({Operation::broadcast, 1, 4});
  const LaneId other = f.builder.add_copy_lane(Rank{0}, 0, LaunchMode::graph);
  const BufferId scratch = f.scratch(0);
  f.copy(0, f.whole(f.input(0)), f.whole(scratch));
  f.builder.copy(other, f.whole(scratch), f.whole(f.output(0)), {});
  Plan plan = f.builder.finish();
  const Proof proof = prove(plan);
  REQUIRE(proof.total == 1);
  CHECK(names(proof.findings[0], 0, 1));
  plan.ops[1].lane = plan.ops[0].lane;
  CHECK(prove(plan).correct());
}

TEST_CASE("all readers of old data count, not the last one only") {
  // Ranks 1 and 2 read rank 0's inout; rank 0 overwrites it when told by one of them.
  for (const bool both : {true, false}) {
    Frame f({Operation::broadcast, 3, 4, false, true});
    std::vector<Dep> deps{dep(OpId{1}, Edge::flag_relaxed)};
    if (both) deps.push_back(dep(OpId{0}, Edge::flag_relaxed));
    for (int r = 1; r < 3; ++r) f.copy(r, f.whole(f.input(0)), f.whole(f.output(r)));
    f.copy(0, f.whole(f.output(1)), f.whole(f.output(0)), {dep(OpId{0}), deps.front()});
    Plan plan = f.builder.finish();
    if (!both) test::drop_first_dep(plan, 2);
    const Proof proof = check_races(plan);
    INFO(text_of(proof));
    CHECK(proof.correct() == both);
  }
}

TEST_CASE("an op may fold in place but not shift in place") {
  Frame f({Operation::all_reduce, 2, 8, false, true});
  f.fold(0, Operator::sum, {f.whole(f.output(0)), f.whole(f.input(1))}, f.whole(f.output(0)));
  f.copy(1, f.whole(f.output(0)), f.whole(f.output(1)), {dep(OpId{0})});
  Plan plan = f.builder.finish();
  CHECK(prove(plan).correct());
  Frame g({Operation::all_reduce, 1, 8, false, true});
  g.copy(0, part(g.input(0), {0, 4}), part(g.output(0), {2, 4}));
  const Proof proof = check_races(g.builder.finish());
  REQUIRE(proof.total == 1);
  CHECK(names(proof.findings[0], 0, 0));
  CHECK(mentions(proof.findings[0], "the same op also reads or writes in another place"));
}

TEST_CASE("an op that writes a byte twice is a race of its own") {
  Frame f({Operation::broadcast, 1, 8});
  const Slice from = part(f.input(0), {0, 4});
  const Slice to[] = {part(f.output(0), {0, 4}), part(f.output(0), {3, 4})};
  f.builder.copy(f.lane(0), std::span(&from, 1), to, {});
  CHECK(check_races(f.builder.finish()).total == 1);
}

}  // namespace
}  // namespace twinlink::models
