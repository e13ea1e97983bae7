#include <doctest/doctest.h>

#include "models/collectives/all_to_all_blocks.h"
#include "models/collectives/all_to_all_direct.h"
#include "tests/models/collectives/requests.h"
#include "topology/error.h"

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

TEST_CASE("direct all-to-all among more ranks than CTAs fit: lanes walk their peers in order") {
  CHECK(all_to_all_lanes(1) == 1);
  CHECK(all_to_all_lanes(144) == 144);
  CHECK(all_to_all_lanes(145) == 73);   // 2 rounds
  CHECK(all_to_all_lanes(576) == 144);  // 4 rounds
  const Algorithm& direct = find_algorithm(Operation::all_to_all, "direct");
  const CollectiveRequest request = request_of(direct, 290, 290);  // 3 rounds of 97 lanes
  const Plan plan = build_plan(direct, request);
  CHECK(plan.ops.size() == 290 * 290);
  CHECK(plan.lanes.size() == 290 * 97);
  CHECK(direct.counts(request).rounds == 3);  // of 289 blocks to others
  // Rank 5's first lane: ranks 6, 103 and 200, then none.
  std::vector<std::int32_t> peers;
  const LaneId lane = plan.op(OpId{5 * 290}).lane;
  for (std::size_t i = 5 * 290; i < 6 * 290; ++i)
    if (plan.op(OpId{i}).lane == lane)
      peers.push_back(plan.buffer(plan.destinations(OpId{i})[0].buffer).rank.value);
  CHECK(peers == std::vector<std::int32_t>{6, 103, 200});
}

CollectiveRequest counted_request(std::vector<std::int64_t> counts, std::int64_t elements) {
  CollectiveRequest request = request_of(Operation::all_to_all, 3, elements);
  request.counts = std::move(counts);
  return request;
}

TEST_CASE("counts in elements are taken as they are; zero blocks are not sent") {
  // Largest row: 3 + 0 + 4 = 7 elements. Rank 1 has nothing at all.
  const CollectiveRequest request = counted_request({3, 0, 4, 0, 0, 0, 2, 5, 0}, 7);
  const AllToAllBlocks blocks(request, test::ranks_of({0, 1, 2}));
  CHECK(blocks.counts() == request.counts);
  CHECK(blocks.input(1) == 0);
  CHECK(blocks.output(0) == 5);
  CHECK(blocks.landed(2, 0).begin == 3);
  CHECK(blocks.sent(2, 1).begin == 2);
  for (const char* name : {"direct", "copy_engine"}) {
    const Plan plan = test::build(Operation::all_to_all, name, request);
    const Claim& claim = plan.claims.at(0);
    INFO(name);
    CHECK(claim.counts == request.counts);
    CHECK(plan.buffer(claim.inputs[1]).size == Bytes{0});
    CHECK(plan.buffer(claim.outputs[1]).size == Bytes{20});
    std::size_t moved = 0;
    for (std::size_t i = 0; i < plan.ops.size(); ++i)
      moved += plan.destinations(OpId{i})[0].size.count > 0 ? 1 : 0;
    CHECK(moved == 4);  // one of them rank 0's own
    const AlgorithmCounts counts = find_algorithm(Operation::all_to_all, name).counts(request);
    CHECK(counts.rounds == 1);
    CHECK(counts.messages == 3);
    CHECK(counts.bytes_out == Bytes{28});  // rank 2: 2 + 5
    CHECK(counts.bytes_in == Bytes{20});   // rank 1: 5
  }
}

TEST_CASE("counts are proportions: the largest sum becomes the size") {
  // 1 : 2 : 1 of 8 elements; the row with half of that sum has 4; 1/3 and 2/3 of 4 are cut at 1.33.
  const CollectiveRequest request = counted_request({1, 2, 1, 2, 0, 0, 1, 1, 0}, 8);
  const AllToAllBlocks blocks(request, test::ranks_of({0, 1, 2}));
  CHECK(blocks.counts() == std::vector<std::int64_t>{2, 4, 2, 4, 0, 0, 2, 2, 0});
  // 10 elements: 2.5, 7.5, 10 end at 2, 7, 10; half of it at 5; 2.5, 5.
  const AllToAllBlocks ragged(counted_request(request.counts, 10), test::ranks_of({0, 1, 2}));
  CHECK(ragged.counts() == std::vector<std::int64_t>{2, 5, 3, 5, 0, 0, 2, 3, 0});
}

TEST_CASE("totals are dealt in shares") {
  const CollectiveRequest request = counted_request({6, 0, 3}, 8);
  const AllToAllBlocks blocks(request, test::ranks_of({0, 1, 2}));
  CHECK(blocks.counts() == std::vector<std::int64_t>{3, 3, 2, 0, 0, 0, 2, 1, 1});
}

TEST_CASE("counts that no plan can have are refused") {
  const auto refusal = [](const CollectiveRequest& request, const char* name) {
    try {
      test::build(request.operation, name, request);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refusal(counted_request({1, 2}, 8), "direct") ==
        "/params/counts: 2 counts for 3 ranks; one per rank, or one per pair");
  CHECK(refusal(counted_request({1, -2, 3}, 8), "direct") ==
        "/params/counts/1: -2 is outside 0 to 1099511627776");
  CHECK(refusal(counted_request({0, 0, 0}, 8), "direct") == "/params/counts: all counts are 0");
  CHECK(refusal(counted_request({1, 2, 3}, 8), "nccl") ==
        "/algorithm: an all_to_all with counts is no single call of NCCL. The nearest that works "
        "is \"direct\"");
  CollectiveRequest other = request_of(Operation::all_gather, 3, 9);
  other.counts = {1, 2, 3};
  CHECK(refusal(other, "direct") == "/params/counts: only all_to_all has counts");
}

}  // namespace
}  // namespace twinlink::models
