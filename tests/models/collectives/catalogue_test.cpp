#include <doctest/doctest.h>

#include <limits>

#include "tests/models/collectives/requests.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using test::request_of;

std::string refusal(const Algorithm& algorithm, const CollectiveRequest& request) {
  try {
    build_plan(algorithm, request);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

const Algorithm& ring() { return find_algorithm(Operation::all_reduce, "ring"); }

TEST_CASE("the catalogue is complete and finds itself") {
  for (const Algorithm& algorithm : catalogue()) {
    CHECK(&find_algorithm(algorithm.operation, std::string(algorithm.name)) == &algorithm);
    CHECK(!algorithm.help.empty());
    CHECK(!algorithm.source.empty());
    CHECK(!algorithm.closed_form_text.empty());
    CHECK((algorithm.wrong_from > 0) == (algorithm.name == "lasp_pr_tree"));
  }
}

TEST_CASE("a plan is named after its operation and algorithm") {
  for (const Algorithm& algorithm : catalogue()) {
    const Plan plan = build_plan(algorithm, request_of(algorithm, 3, 7));
    CHECK(plan.name ==
          std::string(name_of(algorithm.operation)) + "/" + std::string(algorithm.name));
    CHECK(plan.claims.at(0).operation == algorithm.operation);
  }
}

TEST_CASE("an unknown algorithm is refused with the nearest name") {
  const auto message = [](Operation operation, const char* name) {
    try {
      find_algorithm(operation, name);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("found");
  };
  const std::string scan = message(Operation::exscan, "bleloch");
  CHECK(scan.starts_with(
      "unknown algorithm \"bleloch\" for exscan (there are: ring_coupled, ring_decoupled, "));
  CHECK(scan.ends_with(", lasp_pr_tree). Did you mean \"blelloch\"?"));
  CHECK(message(Operation::all_to_all, "ring") ==
        "unknown algorithm \"ring\" for all_to_all (there are: direct, push, copy_engine, nccl).");
  CHECK(message(Operation::all_reduce, "hierarchic").ends_with("Did you mean \"hierarchical\"?"));
}

TEST_CASE("groups that are wrong are all named at once") {
  CollectiveRequest request = request_of(ring(), 4, 8);
  request.groups = {test::ranks_of({0, 1, 0}), test::ranks_of({2, 4, -1}), {}};
  CHECK(refusal(ring(), request) ==
        "/groups/0/2: rank 0 is in the group twice\n"
        "/groups/1/1: rank 4 does not exist; ranks are 0 to 3\n"
        "/groups/1/2: rank -1 does not exist; ranks are 0 to 3\n"
        "/groups/2: a group needs at least one rank");
}

TEST_CASE("sizes, heads and shapes out of range are all named at once") {
  CollectiveRequest request = request_of(ring(), 4, 8);
  request.bytes = {-6};
  request.heads = 0;
  request.shape = {0, 48, 12, 0};
  CHECK(refusal(ring(), request) ==
        "/bytes: -6 is outside 0 to 1125899906842624\n"
        "/bytes: -6 bytes are not whole fp32 elements of 4 bytes\n"
        "/params/heads: 0 heads; at least 1 is needed\n"
        "/shape/ctas: 0 is outside 1 to 65536\n"
        "/shape/threads: 48 is not a multiple of 32\n"
        "/shape/vector_bytes: 12 is not one of 1, 2, 4, 8, 16, 32\n"
        "/shape/loads_in_flight: 0 is outside 1 to 64");
}

TEST_CASE("what only scans have is refused elsewhere") {
  CollectiveRequest request = request_of(ring(), 4, 8);
  request.suffix = true;
  request.local_work.flops = 1;
  CHECK(refusal(ring(), request) ==
        "/params/direction: only scans have a direction\n"
        "/local_work: only scans have local work");
}

TEST_CASE("local work must be finite and not negative") {
  const Algorithm& scan = find_algorithm(Operation::exscan, "blelloch");
  CollectiveRequest request = request_of(scan, 4, 8);
  request.local_work.flops = std::numeric_limits<double>::quiet_NaN();
  request.local_work.hbm_bytes = {-1};
  CHECK(refusal(scan, request) ==
        "/local_work/flops: must be a finite number, at least 0\n"
        "/local_work/hbm_bytes: -1 is negative; at least 0 is needed");
}

TEST_CASE("a request for another operation, without ranks or GPUs") {
  CollectiveRequest request = request_of(Operation::exscan, 2, 8);
  request.gpu_of_rank[1] = -2;
  CHECK(refusal(ring(), request) ==
        "/operation: algorithm \"ring\" is for all_reduce, not for exscan\n"
        "/gpu_of_rank/1: -2 is not the index of a GPU");
  CHECK(refusal(ring(), request_of(ring(), 0, 8)) == "/ranks: 0 is outside 1 to 4096");
}

TEST_CASE("a plan over the limits is refused with its size") {
  // Ops: 2 P (P-1) = 2 x 707,107 x 707,106; slices: 5 in every two ops.
  CHECK(refusal(ring(), request_of(ring(), 707'107, 8)) ==
        "/ranks: 707107 is outside 1 to 4096\n"
        "the plan of ring would have 999999204684 ops; the limit is 67108864\n"
        "the plan of ring would have 2499998011710 slices; the limit is 268435456");
}

TEST_CASE("a plan that many groups make too large is refused too") {
  // 3 groups of 4096 ranks: 3 x 2 x 4096 x 4095 = 100,638,720 ops; x 5 / 2 slices.
  CollectiveRequest request = request_of(ring(), 4096, 8);
  std::vector<Rank> all;
  for (int r = 0; r < 4096; ++r) all.emplace_back(r);
  request.groups = {all, all, all};
  CHECK(refusal(ring(), request) ==
        "the plan of ring would have 100638720 ops; the limit is 67108864");
}

TEST_CASE("the largest request is accepted: 1 PiB, no elements, one rank") {
  for (const Algorithm& algorithm : catalogue()) {
    CollectiveRequest request = request_of(algorithm, 3, 0);
    CHECK(refusal(algorithm, request) == "accepted");
    request.bytes = {std::int64_t{1} << 50};
    CHECK(refusal(algorithm, request) == "accepted");
    CHECK(refusal(algorithm, request_of(algorithm, 1, 5)) == "accepted");
  }
}

}  // namespace
}  // namespace twinlink::models
