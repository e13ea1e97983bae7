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

// Two claims over ranks {0, 1} and {1, 2}; each member adds both inputs of its group.
Plan two_groups(bool mixed) {
  PlanBuilder builder("groups", 3);
  int op = 0;
  std::vector<BufferId> inputs;
  for (const int first : {0, 1}) {
    Claim claim{
        Operation::all_reduce, false, builder.add_group({Rank{first}, Rank{first + 1}}), 1, {}, {}};
    for (int m = 0; m < 2; ++m) {
      const Rank rank{first + m};
      claim.inputs.push_back(
          builder.add_buffer({rank, BufferRole::input, ElementType::fp32, {16}, "input"}));
      claim.outputs.push_back(
          builder.add_buffer({rank, BufferRole::output, ElementType::fp32, {16}, "output"}));
      inputs.push_back(claim.inputs.back());
    }
    for (int m = 0; m < 2; ++m, ++op) {
      const LaneId lane = builder.add_sm_lane(
          builder.add_kernel({Rank{first + m}, LaunchMode::graph, "kernel"}), {});
      std::vector<Slice> sources;
      for (const BufferId input : claim.inputs) sources.push_back({input, 0, {0}, {16}});
      if (mixed && op == 2) sources[0].buffer = inputs[1];  // rank 1's input of the other group
      const Slice to{claim.outputs[static_cast<std::size_t>(m)], 0, {0}, {16}};
      builder.reduce(lane, Operator::sum, sources, std::span(&to, 1), {});
    }
    builder.add_claim(std::move(claim));
  }
  return builder.finish();
}

TEST_CASE("groups that share a rank are proved apart, and their values do not mix") {
  CHECK(prove(two_groups(false)).correct());
  const Proof proof = prove(two_groups(true));
  REQUIRE(proof.total == 1);
  CHECK(names(proof.findings[0], 1, 2));
  CHECK(mentions(proof.findings[0], "mixes inputs of a claim with other data"));
}

TEST_CASE("one buffer may be the input of two claims") {
  PlanBuilder builder("two claims", 2);
  std::vector<BufferId> in, sum, all;
  std::vector<LaneId> lanes;
  for (int r = 0; r < 2; ++r) {
    in.push_back(builder.add_buffer({Rank{r}, BufferRole::input, ElementType::fp32, {8}, "in"}));
    sum.push_back(builder.add_buffer({Rank{r}, BufferRole::output, ElementType::fp32, {8}, "s"}));
    all.push_back(builder.add_buffer({Rank{r}, BufferRole::output, ElementType::fp32, {16}, "a"}));
    lanes.push_back(builder.add_sm_lane(builder.add_kernel({Rank{r}, LaunchMode::graph, "k"}), {}));
  }
  const GroupId group = builder.add_group({Rank{0}, Rank{1}});
  builder.add_claim({Operation::all_reduce, false, group, 1, in, sum});
  builder.add_claim({Operation::all_gather, false, group, 1, in, all});
  for (std::size_t r = 0; r < 2; ++r) {
    const Slice both[] = {part(in[0], {0, 2}), part(in[1], {0, 2})};
    const Slice to = part(sum[r], {0, 2});
    builder.reduce(lanes[r], Operator::sum, both, std::span(&to, 1), {});
    for (std::int64_t s = 0; s < 2; ++s)
      builder.copy(lanes[r], part(in[static_cast<std::size_t>(s)], {0, 2}),
                   part(all[r], {2 * s, 2}), {});
  }
  Plan plan = builder.finish();
  CHECK(prove(plan).correct());
  plan.slices[plan.ops[4].first_slice].buffer = in[1];  // rank 1's copy of rank 0's input
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  REQUIRE(proof.total == 1);
  CHECK(names(proof.findings[0], 1, 4));
}

TEST_CASE("the whole may be made in pieces that its readers do not know") {
  // Input in two pieces to scratch, scratch in one piece to the output, folded with a third cut.
  Frame f({Operation::all_reduce, 2, 10});
  for (int r = 0; r < 2; ++r) {
    const BufferId mine = f.scratch(r);
    f.copy(r, part(f.input(r), {0, 4}), part(mine, {0, 4}));
    f.copy(r, part(f.input(r), {4, 6}), part(mine, {4, 6}));
    const BufferId other = f.scratch(r);
    f.copy(r, part(f.input(1 - r), {0, 7}), part(other, {0, 7}));
    f.copy(r, part(f.input(1 - r), {7, 3}), part(other, {7, 3}));
    f.fold(r, Operator::sum, {f.whole(mine), f.whole(other)}, f.whole(f.output(r)));
  }
  Plan plan = f.builder.finish();
  CHECK(prove(plan).correct());
  plan.slices[plan.ops[1].first_slice].offset.count -= 4;  // rank 0's elements 4..9 are now 3..8
  const Proof proof = prove(plan);
  REQUIRE_FALSE(proof.correct());
  CHECK(names(proof.findings[0], 0, 4));
  CHECK(proof.wrong_ranks == std::vector<Rank>{Rank{0}});
}

TEST_CASE("the wrong operator, and what a kernel computed, are no result") {
  Frame f({Operation::scan, 2, 4});
  f.copy(0, f.whole(f.input(0)), f.whole(f.output(0)));
  f.fold(1, Operator::sum, {f.whole(f.input(0)), f.whole(f.input(1))}, f.whole(f.output(1)));
  const Slice out = f.whole(f.output(0));
  f.builder.compute(f.lane(0), {"work", 1, {}}, {}, std::span(&out, 1), {});
  const Proof proof = prove(f.builder.finish());
  INFO(text_of(proof));
  REQUIRE(proof.total == 3);
  CHECK(names(proof.findings[0], 1, 1));
  CHECK(mentions(proof.findings[0], "operator"));
  CHECK(names(proof.findings[1], 0, 2));
  CHECK(mentions(proof.findings[1], "data that is no input of a claim"));
}

TEST_CASE("findings are capped, their number is not") {
  Frame f({Operation::all_reduce, 100, 4});
  const Proof proof = prove(f.builder.finish());
  CHECK(proof.findings.size() == kMaxFindings);
  CHECK(proof.total == 100);
  CHECK(proof.wrong_ranks.size() == 100);
}

}  // namespace
}  // namespace twinlink::models
