// Reduce-scatter, all-gather, broadcast and send/recv: sizes, lanes, meetings and flags.
#include <doctest/doctest.h>

#include "tests/models/collectives/requests.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using test::request_of;

TEST_CASE("sizes are those of nccl-tests: 7 elements are the large buffer, shares of 3, 2, 2") {
  for (const Algorithm& algorithm : catalogue()) {
    const bool scatters = algorithm.operation == Operation::reduce_scatter;
    const bool gathers = algorithm.operation == Operation::all_gather;
    if (!scatters && !gathers) continue;
    const Plan plan = build_plan(algorithm, request_of(algorithm, 3, 7));
    const Claim& claim = plan.claims.at(0);
    for (std::size_t r = 0; r < 3; ++r) {
      const Bytes dealt{4 * (r == 0 ? 3 : 2)}, all{28};
      INFO(algorithm.name, " rank ", r);
      CHECK(plan.buffer(claim.inputs[r]).size == (gathers ? dealt : all));
      CHECK(plan.buffer(claim.outputs[r]).size == (gathers ? all : dealt));
    }
  }
}

TEST_CASE("direct reduce-scatter folds in the order of the members between relaxed rendezvous") {
  const Plan plan =
      test::build(Operation::reduce_scatter, "direct", request_of(Operation::reduce_scatter, 3, 7));
  REQUIRE(plan.ops.size() == 9);
  const OpId fold{5};  // rank 2: elements 5, 6 of all inputs
  REQUIRE(plan.sources(fold).size() == 3);
  for (std::size_t m = 0; m < 3; ++m) {
    CHECK(plan.sources(fold)[m].buffer == plan.claims[0].inputs[m]);
    CHECK(plan.sources(fold)[m].offset == Bytes{20});
  }
  CHECK(plan.destinations(fold)[0].offset == Bytes{0});
  for (const Rendezvous& r : plan.rendezvous) CHECK(r.edge == Edge::flag_relaxed);
}

TEST_CASE("direct all-gather pushes, and every rank waits for the others' flags") {
  const Plan plan =
      test::build(Operation::all_gather, "direct", request_of(Operation::all_gather, 3, 7));
  REQUIRE(plan.ops.size() == 9);
  const OpId push{4};  // rank 1: to rank 2, rank 0 and itself
  REQUIRE(plan.destinations(push).size() == 3);
  CHECK(plan.destinations(push)[0].buffer == plan.claims[0].outputs[2]);
  CHECK(plan.destinations(push)[2].buffer == plan.claims[0].outputs[1]);
  CHECK(plan.destinations(push)[0].offset == Bytes{12});
  const OpId wait{7};  // rank 1
  REQUIRE(plan.deps_of(wait).size() == 2);
  CHECK(plan.deps_of(wait)[0].id() == OpId{5});
  CHECK(plan.deps_of(wait)[1].id() == OpId{3});
  CHECK(plan.destinations(wait)[0].size == Bytes{0});
}

TEST_CASE("copy-engine all-gather deals its pushes to four queues and uses no SM") {
  const Plan plan =
      test::build(Operation::all_gather, "copy_engine", request_of(Operation::all_gather, 7, 14));
  CHECK(plan.lanes.size() == 7 * 4);
  for (const Lane& lane : plan.lanes) CHECK(lane.engine == Engine::copy);
  std::vector<int> ops_of_lane(plan.lanes.size());
  for (const Op& op : plan.ops) ++ops_of_lane[op.lane.index()];
  // 7 pushes a rank: 2, 2, 2, 1, and three ops of no bytes on the first queue.
  for (std::size_t r = 0; r < 7; ++r) {
    CHECK(ops_of_lane[4 * r] == 5);
    CHECK(ops_of_lane[4 * r + 1] == 2);
    CHECK(ops_of_lane[4 * r + 3] == 1);
  }
}

TEST_CASE("ring broadcast pipelines in as many slices as asked for, or as suit the size") {
  CollectiveRequest request = request_of(Operation::broadcast, 6, 1000);
  request.slices = 3;
  CHECK(test::build(Operation::broadcast, "ring", request).ops.size() == 1 + 3 * 5);
  request.slices = 0;
  CHECK(test::build(Operation::broadcast, "ring", request).ops.size() == 1 + 5);
  // 64 MiB through 4 further stages: sqrt(4 x 64) = 16.
  request.bytes = mib(64);
  CHECK(test::build(Operation::broadcast, "ring", request).ops.size() == 1 + 16 * 5);
}

TEST_CASE("send/recv goes around the group in its order") {
  CollectiveRequest request = request_of(Operation::sendrecv, 4, 5);
  request.groups = {test::ranks_of({3, 0, 2})};
  const Plan plan = test::build(Operation::sendrecv, "direct", request);
  const OpId push{5};  // member 2 = rank 2, to member 0 = rank 3
  CHECK(plan.rank_of(push) == Rank{2});
  CHECK(plan.buffer(plan.destinations(push)[0].buffer).rank == Rank{3});
}

TEST_CASE("what needs multicast is refused across domains, not in groups within them") {
  const Algorithm& algorithm = find_algorithm(Operation::all_reduce, "multimem_two_shot");
  CollectiveRequest request = request_of(algorithm, 4, 8);
  request.domain_of_rank = {0, 1, 0, 1};
  try {
    build_plan(algorithm, request);
    CHECK(false);
  } catch (const InputError& error) {
    CHECK(std::string(error.what()) ==
          "/algorithm: algorithm \"multimem_two_shot\" needs all ranks of a group in one NVLink "
          "domain, because switches reduce and multicast only there. The nearest that works is "
          "\"hierarchical\"");
  }
  request.groups = {test::ranks_of({0, 2}), test::ranks_of({3, 1})};
  CHECK(build_plan(algorithm, request).claims.size() == 2);
}

TEST_CASE("what needs multicast is refused without it, with what works") {
  const auto refusal = [](Operation operation, const char* name) {
    try {
      build_plan(find_algorithm(operation, name), request_of(operation, 4, 8));
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string needs =
      "needs switches that reduce and multicast; this machine has none. The nearest that works is ";
  CHECK(refusal(Operation::all_reduce, "multimem_two_shot") ==
        "/algorithm: algorithm \"multimem_two_shot\" " + needs + "\"two_shot\"");
  CHECK(refusal(Operation::all_reduce, "multimem_one_shot") ==
        "/algorithm: algorithm \"multimem_one_shot\" " + needs + "\"one_shot\"");
  for (const Operation operation :
       {Operation::reduce_scatter, Operation::all_gather, Operation::broadcast})
    CHECK(refusal(operation, "multimem") ==
          "/algorithm: algorithm \"multimem\" " + needs + "\"direct\"");
}

}  // namespace
}  // namespace twinlink::models
