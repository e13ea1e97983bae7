#include <doctest/doctest.h>

#include "tests/models/collectives/requests.h"

namespace twinlink::models {
namespace {

using test::request_of;

void check_slice(const Slice& slice, BufferId buffer, std::int64_t element, std::int64_t elements) {
  CHECK(slice.buffer == buffer);
  CHECK(slice.offset == Bytes{4 * element});
  CHECK(slice.size == Bytes{4 * elements});
}

TEST_CASE("ring all-reduce of 3 ranks, 7 elements, op by op") {
  // Shares of 7 elements: 3, 2, 2 from elements 0, 3, 5.
  const Plan plan =
      test::build(Operation::all_reduce, "ring", request_of(Operation::all_reduce, 3, 7));
  REQUIRE(plan.ops.size() == 2 * 2 * 3);
  CHECK(plan.kernels.size() == 3);
  CHECK(plan.lanes.size() == 3);
  CHECK(plan.rendezvous.empty());
  const Claim& claim = plan.claims.at(0);

  // Op 4 = step 1 of rank 1: chunk (1-1-1) mod 3 = 2, from rank 0's output (its op 0).
  const OpId fold{4};
  CHECK(plan.op(fold).kind == OpKind::reduce);
  CHECK(plan.op(fold).oper == Operator::sum);
  CHECK(plan.rank_of(fold) == Rank{1});
  check_slice(plan.sources(fold)[0], claim.outputs[0], 5, 2);
  check_slice(plan.sources(fold)[1], claim.inputs[1], 5, 2);
  check_slice(plan.destinations(fold)[0], claim.outputs[1], 5, 2);
  REQUIRE(plan.deps_of(fold).size() == 1);
  CHECK(plan.deps_of(fold)[0].id() == OpId{0});
  CHECK(plan.deps_of(fold)[0].kind() == Edge::flag_fenced);
  CHECK(plan.deps_of(fold)[0].reach() == Scope::lane);

  // Op 0 = step 0 of rank 0: chunk 2 from rank 2's input, which is older than the launch.
  CHECK(plan.deps_of(OpId{0}).empty());
  check_slice(plan.sources(OpId{0})[0], claim.inputs[2], 5, 2);

  // Op 6 = all-gather step 0 of rank 0: chunk 0, complete at rank 2 since its step 1 (op 5).
  const OpId gather{6};
  CHECK(plan.op(gather).kind == OpKind::copy);
  check_slice(plan.sources(gather)[0], claim.outputs[2], 0, 3);
  check_slice(plan.destinations(gather)[0], claim.outputs[0], 0, 3);
  CHECK(plan.deps_of(gather)[0].id() == OpId{5});
}

TEST_CASE("ring all-reduce keeps its ops when shares are empty, and copies when alone") {
  const Plan sparse =
      test::build(Operation::all_reduce, "ring", request_of(Operation::all_reduce, 5, 2));
  CHECK(sparse.ops.size() == 2 * 4 * 5);
  const Plan alone =
      test::build(Operation::all_reduce, "ring", request_of(Operation::all_reduce, 1, 2));
  REQUIRE(alone.ops.size() == 1);
  CHECK(alone.op(OpId{0}).kind == OpKind::copy);
}

TEST_CASE("ring all-reduce of 576 ranks: 662,400 ops within 150 bytes each") {
  const Algorithm& ring = find_algorithm(Operation::all_reduce, "ring");
  const Plan plan = build_plan(ring, request_of(ring, 576, 576));
  CHECK(plan.ops.size() == 662'400);
  // The limit: 150 bytes per op with one source, 24 per further slice, 4 per dependency.
  const std::size_t folds = plan.ops.size() / 2;
  CHECK(plan.memory_bytes() < 150 * plan.ops.size() + 24 * folds + 4 * plan.deps.size());
  // Reserved exactly: the arrays were allocated once.
  CHECK(plan.ops.capacity() == plan.ops.size());
  CHECK(plan.slices.capacity() == plan.slices.size());
  CHECK(plan.deps.capacity() == plan.deps.size());
}

TEST_CASE("one-shot push: every input into a slot of its own, folds in the order of the members") {
  const Plan plan =
      test::build(Operation::all_reduce, "one_shot_push", request_of(Operation::all_reduce, 3, 7));
  REQUIRE(plan.ops.size() == 6);
  CHECK(plan.rendezvous.empty());
  const Claim& claim = plan.claims.at(0);
  // Op 1: rank 1 pushes to rank 2, which it is two ahead of: slot 1; and to rank 0: slot 0.
  const auto pushed = plan.destinations(OpId{1});
  REQUIRE(pushed.size() == 2);
  CHECK(plan.buffer(pushed[0].buffer).rank == Rank{2});
  check_slice(pushed[0], pushed[0].buffer, 7, 7);
  CHECK(plan.buffer(pushed[1].buffer).rank == Rank{0});
  check_slice(pushed[1], pushed[1].buffer, 0, 7);
  // Op 4: rank 1 folds rank 0's (two ahead of it: slot 1), its own, rank 2's (one ahead: slot 0).
  const OpId fold{4};
  CHECK(plan.rank_of(fold) == Rank{1});
  const auto sources = plan.sources(fold);
  REQUIRE(sources.size() == 3);
  check_slice(sources[0], sources[0].buffer, 7, 7);
  check_slice(sources[1], claim.inputs[1], 0, 7);
  check_slice(sources[2], sources[0].buffer, 0, 7);
  REQUIRE(plan.deps_of(fold).size() == 2);
  CHECK(plan.deps_of(fold)[0].id() == OpId{0});
  CHECK(plan.deps_of(fold)[1].id() == OpId{2});
  CHECK(plan.deps_of(fold)[0].kind() == Edge::inline_ll);
}

TEST_CASE("one-shot push alone only copies its input") {
  const Plan alone =
      test::build(Operation::all_reduce, "one_shot_push", request_of(Operation::all_reduce, 1, 2));
  REQUIRE(alone.ops.size() == 1);
  CHECK(alone.op(OpId{0}).kind == OpKind::reduce);
}

TEST_CASE("one-shot folds all inputs in the order of the members between relaxed rendezvous") {
  CollectiveRequest request = request_of(Operation::all_reduce, 3, 7);
  request.groups = {test::ranks_of({2, 0, 1})};
  const Plan plan = test::build(Operation::all_reduce, "one_shot", request);
  REQUIRE(plan.ops.size() == 9);
  REQUIRE(plan.rendezvous.size() == 2);
  CHECK(plan.rendezvous[0].edge == Edge::flag_relaxed);
  CHECK(plan.rendezvous[1].edge == Edge::flag_relaxed);
  const Claim& claim = plan.claims.at(0);
  for (std::size_t member = 0; member < 3; ++member) {
    const OpId fold{3 + member};
    CHECK(plan.op(fold).order == LoadOrder::parallel);
    REQUIRE(plan.sources(fold).size() == 3);
    for (std::size_t s = 0; s < 3; ++s) check_slice(plan.sources(fold)[s], claim.inputs[s], 0, 7);
    check_slice(plan.destinations(fold)[0], claim.outputs[member], 0, 7);
  }
}

TEST_CASE("two-shot reduces the own share, meets fenced and fetches the others in rotated order") {
  const Plan plan =
      test::build(Operation::all_reduce, "two_shot", request_of(Operation::all_reduce, 3, 7));
  REQUIRE(plan.ops.size() == 12);
  CHECK(plan.rendezvous.at(0).edge == Edge::flag_relaxed);
  CHECK(plan.rendezvous.at(1).edge == Edge::flag_fenced);
  const Claim& claim = plan.claims.at(0);
  const OpId fold{4};  // rank 1, share 1: 2 elements from 3
  for (std::size_t s = 0; s < 3; ++s) check_slice(plan.sources(fold)[s], claim.inputs[s], 3, 2);
  check_slice(plan.destinations(fold)[0], claim.outputs[1], 3, 2);
  const OpId fetch{10};  // rank 1: share 2 from rank 2, then share 0 from rank 0
  REQUIRE(plan.sources(fetch).size() == 2);
  check_slice(plan.sources(fetch)[0], claim.outputs[2], 5, 2);
  check_slice(plan.sources(fetch)[1], claim.outputs[0], 0, 3);
  check_slice(plan.destinations(fetch)[0], claim.outputs[1], 5, 2);
  check_slice(plan.destinations(fetch)[1], claim.outputs[1], 0, 3);
}

TEST_CASE("two-shot skips empty shares") {
  // 1 element for 3 ranks: rank 0 reduces, ranks 1 and 2 fetch; 6 arrivals at rendezvous.
  const Plan plan =
      test::build(Operation::all_reduce, "two_shot", request_of(Operation::all_reduce, 3, 1));
  CHECK(plan.ops.size() == 6 + 1 + 2);
}

}  // namespace
}  // namespace twinlink::models
