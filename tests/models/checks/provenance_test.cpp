#include <doctest/doctest.h>

#include <map>

#include "models/checks/proof.h"
#include "tests/models/checks/support/plans.h"

namespace twinlink::models {
namespace {

using test::chain_exscan;
using test::Frame;
using test::lasp_tree;
using test::mentions;
using test::names;
using test::part;
using test::ring_all_reduce;
using test::text_of;

std::vector<int> wrong_ranks(const Proof& proof) {
  std::vector<int> ranks;
  for (const Rank rank : proof.wrong_ranks) ranks.push_back(rank.value);
  return ranks;
}

TEST_CASE("correct plans are proved, whatever the number of ranks and the shares") {
  for (int ranks = 1; ranks <= 6; ++ranks) {
    for (const std::int64_t elements : {0, 1, 4, 7, 60, 61}) {
      for (const Plan& plan :
           {ring_all_reduce(ranks, elements), ring_all_reduce(ranks, elements, true),
            chain_exscan(ranks, elements, false), chain_exscan(ranks, elements, true),
            test::direct_all_to_all(ranks, elements),
            test::two_shot_all_reduce(ranks, elements, Edge::flag_fenced)}) {
        const Proof proof = prove(plan);
        INFO(ranks << " ranks, " << elements << " elements: " << text_of(proof));
        CHECK(proof.correct());
        CHECK(proof.wrong_ranks.empty());
      }
    }
  }
}

// research/scan.md section 2b.
TEST_CASE("the published tree has the published number of wrong ranks, in both directions") {
  const std::map<int, std::size_t> wrong{{2, 0},   {3, 0},   {4, 0},    {5, 0},  {6, 0},
                                         {7, 0},   {8, 1},   {12, 3},   {16, 7}, {32, 21},
                                         {64, 51}, {72, 57}, {128, 113}};
  for (const auto& row : wrong) {
    const int ranks = row.first;
    const std::size_t count = row.second;
    for (const bool suffix : {false, true}) {
      const Proof proof = prove(lasp_tree(ranks, suffix));
      INFO(ranks << " ranks: " << text_of(proof));
      CHECK(proof.wrong_ranks.size() == count);
      CHECK(proof.total == static_cast<std::int64_t>(count));
    }
  }
  const Proof prefix = prove(lasp_tree(8, false));
  REQUIRE(wrong_ranks(prefix) == std::vector<int>{7});
  CHECK(mentions(prefix.findings[0],
                 "rank 7: output holds the fold of ranks 4..6, the claim "
                 "wants the fold of ranks 0..6 (bytes 0..15); last written"));
  const Proof suffix = prove(lasp_tree(8, true));
  REQUIRE(wrong_ranks(suffix) == std::vector<int>{0});
  CHECK(mentions(suffix.findings[0],
                 "the fold of ranks 1..3, the claim wants the fold of ranks 1..7"));
}

TEST_CASE("mutation: a partner shifted by one") {
  Plan plan = ring_all_reduce(4, 16);
  // Op 5 (step 1 of rank 1) reads rank 0's output; let it read rank 3's.
  const BufferId wrong = plan.slices[plan.ops[4].first_slice].buffer;
  plan.slices[plan.ops[5].first_slice].buffer = wrong;
  const Proof proof = check_provenance(plan);
  INFO(text_of(proof));
  REQUIRE_FALSE(proof.correct());
  CHECK(names(proof.findings[0], 1, 5));
}

TEST_CASE("mutation: an inclusive instead of an exclusive result") {
  Frame f({Operation::exscan, 3, 4});
  f.fold(0, Operator::decay_sum, {}, f.whole(f.output(0)));
  f.copy(1, f.whole(f.input(0)), f.whole(f.output(1)));
  f.fold(2, Operator::decay_sum,
         {f.whole(f.input(0), 2), f.whole(f.input(1), 1), f.whole(f.input(2))},
         f.whole(f.output(2)));
  const Proof proof = prove(f.builder.finish());
  REQUIRE(proof.total == 1);
  CHECK(names(proof.findings[0], 2, 2));
  CHECK(proof.findings[0].message ==
        "rank 2: output holds the fold of ranks 0..2, the claim wants the fold of ranks 0..1 "
        "(bytes 0..15); last written by op 2");
}

TEST_CASE("mutation: a wrong decay power") {
  Plan plan = chain_exscan(4, 5, false);
  plan.slices[plan.ops[3].first_slice].decay_power = 2;
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  REQUIRE(proof.total == 2);  // the fold, and the output made of it
  CHECK(names(proof.findings[0], 3, 3));
  CHECK(mentions(proof.findings[0],
                 "the fold of ranks 0..1 with decay power 2, then the input of "
                 "rank 2 with decay power 0"));
  CHECK(names(proof.findings[1], 3, 3));
  CHECK(wrong_ranks(proof) == std::vector<int>{3});
}

TEST_CASE("mutation: sources in the wrong order") {
  Plan plan = chain_exscan(4, 5, true);
  const std::size_t first = plan.ops[2].first_slice;
  std::swap(plan.slices[first].buffer, plan.slices[first + 1].buffer);
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  REQUIRE_FALSE(proof.correct());
  CHECK(names(proof.findings[0], 1, 2));  // position 2 of a suffix over 4 ranks is rank 1
  CHECK(mentions(proof.findings[0], "do not follow each other in order"));
  // Rank 0's fold is made of the spoiled one: no second finding there but its output.
  CHECK(proof.total == 3);
  CHECK(wrong_ranks(proof) == std::vector<int>{0, 1});
}

TEST_CASE("mutation: an input counted twice") {
  Plan plan = ring_all_reduce(3, 9);
  // Op 4 (step 1 of rank 1) adds its own chunk; let it add rank 0's again.
  plan.slices[plan.ops[4].first_slice + 1].buffer = plan.claims[0].inputs[0];
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  REQUIRE_FALSE(proof.correct());
  CHECK(names(proof.findings[0], 1, 4));
  CHECK(mentions(proof.findings[0], "counts an input twice"));
  CHECK(wrong_ranks(proof) == std::vector<int>{0, 1, 2});
}

TEST_CASE("mutation: a slice off by one element") {
  Plan plan = ring_all_reduce(4, 16);
  Slice& slice = plan.slices[plan.ops[6].first_slice + 1];  // own input, step 1 of rank 2
  slice.offset.count += 4;
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  REQUIRE_FALSE(proof.correct());
  CHECK(names(proof.findings[0], 2, 6));
  CHECK(mentions(proof.findings[0], "elements of different positions"));
}

TEST_CASE("mutation: a copy off by one element shows where the claim is checked") {
  Plan plan = test::direct_all_to_all(3, 9);
  plan.slices[plan.ops[1].first_slice].offset.count -= 4;  // rank 0 to rank 2
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  REQUIRE(proof.total == 1);
  CHECK(names(proof.findings[0], 2, 1));
  CHECK(mentions(proof.findings[0],
                 "holds the input of rank 0 from byte 20 on, the claim wants it "
                 "from byte 24 on (bytes 0..11)"));
}

TEST_CASE("mutation: blocks of an all-to-all swapped between senders") {
  Plan plan = test::direct_all_to_all(3, 9);
  std::swap(plan.slices[plan.ops[0].first_slice + 1].offset,   // rank 0 to rank 1
            plan.slices[plan.ops[8].first_slice + 1].offset);  // rank 2 to itself
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  CHECK(wrong_ranks(proof) == std::vector<int>{1, 2});
}

TEST_CASE("mutation: scratch read before anybody writes it") {
  Frame f({Operation::all_reduce, 1, 4});
  const BufferId scratch = f.scratch(0);
  f.copy(0, part(f.input(0), {0, 3}), part(scratch, {0, 3}));
  f.copy(0, f.whole(scratch), f.whole(f.output(0)));
  const Proof proof = prove(f.builder.finish());
  INFO(text_of(proof));
  REQUIRE(proof.total == 2);
  CHECK(proof.findings[0].message ==
        "rank 0: op 1 reads bytes 12..15 of \"scratch\" of rank 0, which nobody wrote");
  CHECK(mentions(proof.findings[1], "(bytes 12..15)"));
}

TEST_CASE("mutation: an output that is never written") {
  Frame f({Operation::exscan, 2, 4});
  f.copy(1, f.whole(f.input(0)), f.whole(f.output(1)));
  const Proof proof = prove(f.builder.finish());
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].message ==
        "rank 0: output holds bytes that nobody wrote, the claim wants nothing (the identity) "
        "(bytes 0..15)");
  CHECK_FALSE(proof.findings[0].op.valid());
}

// Exchange of partial sums with a partner at a distance, in place of nothing: sets like {0, 2}.
Plan doubling(const std::vector<int>& distances) {
  Frame f({Operation::all_reduce, 4, 8});
  std::vector<Slice> value;
  std::vector<OpId> made(4);
  for (int r = 0; r < 4; ++r) value.push_back(f.whole(f.input(r)));
  for (const int distance : distances) {
    const std::vector<Slice> before = value;
    const std::vector<OpId> made_before = made;
    for (int r = 0; r < 4; ++r) {
      const auto own = static_cast<std::size_t>(r);
      const auto partner = static_cast<std::size_t>(r ^ distance);
      const bool last = distance == distances.back();
      value[own] = f.whole(last ? f.output(r) : f.scratch(r));
      std::vector<Dep> deps;
      if (made_before[partner].valid()) deps.push_back(dep(made_before[partner]));
      made[own] = f.fold(r, Operator::sum, {before[own], before[partner]}, value[own], deps);
    }
  }
  return f.builder.finish();
}

TEST_CASE("recursive doubling joins sets that are no intervals") {
  CHECK(prove(doubling({2, 1})).correct());
  CHECK(prove(doubling({1, 2})).correct());
  const Proof proof = prove(doubling({2, 3}));  // {0,2} then its complement {3,1}: right as well
  INFO(text_of(proof));
  CHECK(proof.correct());
}

TEST_CASE("mutation: recursive doubling that stops early or meets a partner twice") {
  const Proof early = prove(doubling({2}));
  REQUIRE(early.total == 4);
  CHECK(mentions(early.findings[1],
                 "rank 1: output holds the sum of ranks 1, 3, the claim wants "
                 "the sum of ranks 0..3"));
  Plan twice = doubling({2, 1});
  // Op 4 (rank 0, second round) reads rank 1's sum {1, 3}; let it read rank 2's, {0, 2} again.
  twice.slices[twice.ops[4].first_slice + 1] = twice.slices[twice.ops[6].first_slice];
  const Proof proof = check_provenance(twice);
  REQUIRE_FALSE(proof.correct());
  CHECK(names(proof.findings[0], 0, 4));
  CHECK(mentions(proof.findings[0],
                 "counts an input twice: the sum of ranks 0, 2, then the sum of "
                 "ranks 0, 2"));
}

}  // namespace
}  // namespace twinlink::models
