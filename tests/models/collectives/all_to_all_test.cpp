#include <doctest/doctest.h>

#include "tests/models/collectives/requests.h"

namespace twinlink::models {
namespace {

using test::request_of;

TEST_CASE("direct all-to-all of 3 ranks, 7 elements: blocks of 3, 2, 2") {
  const Plan plan =
      test::build(Operation::all_to_all, "direct", request_of(Operation::all_to_all, 3, 7));
  REQUIRE(plan.ops.size() == 9);
  CHECK(plan.lanes.size() == 9);
  CHECK(plan.kernels.size() == 3);
  CHECK(plan.deps.empty());
  const Claim& claim = plan.claims.at(0);
  // Every member gets P blocks of its own share: 9, 6 and 6 elements.
  CHECK(plan.buffer(claim.outputs[0]).size == Bytes{9 * 4});
  CHECK(plan.buffer(claim.outputs[1]).size == Bytes{6 * 4});

  // Rank 1 starts with rank 2: block 2 (2 elements from 5) -> rank 2's block 1 (from 1 x 2).
  const OpId first{3};
  CHECK(plan.rank_of(first) == Rank{1});
  CHECK(plan.sources(first)[0].buffer == claim.inputs[1]);
  CHECK(plan.sources(first)[0].offset == Bytes{5 * 4});
  CHECK(plan.destinations(first)[0].buffer == claim.outputs[2]);
  CHECK(plan.destinations(first)[0].offset == Bytes{2 * 4});
  CHECK(plan.destinations(first)[0].size == Bytes{2 * 4});
  // The own block comes last and stays local.
  CHECK(plan.sources(OpId{5})[0].buffer == claim.inputs[1]);
  CHECK(plan.destinations(OpId{5})[0].buffer == claim.outputs[1]);
}

TEST_CASE("direct all-to-all gives all lanes the same CTAs, at least one") {
  CollectiveRequest request = request_of(Operation::all_to_all, 3, 9);
  request.shape.ctas = 8;  // 2 + 2 + 2, and 2 stay unused
  const Plan dealt = test::build(Operation::all_to_all, "direct", request);
  for (const Lane& lane : dealt.lanes) CHECK(lane.ctas == 2);
  request.shape.ctas = 1;
  const Plan least = test::build(Operation::all_to_all, "direct", request);
  for (const Lane& lane : least.lanes) CHECK(lane.ctas == 1);
}

TEST_CASE("direct all-to-all skips empty blocks") {
  // 2 elements for 5 ranks: every rank sends to ranks 0 and 1 only.
  const Plan plan =
      test::build(Operation::all_to_all, "direct", request_of(Operation::all_to_all, 5, 2));
  CHECK(plan.ops.size() == 10);
  CHECK(plan.lanes.size() == 10);
}

}  // namespace
}  // namespace twinlink::models
