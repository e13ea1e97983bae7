#include <doctest/doctest.h>

#include "tests/models/collectives/requests.h"

namespace twinlink::models {
namespace {

using test::request_of;

bool reads(const Plan& plan, OpId id, BufferId buffer, int decay_power) {
  for (const Slice& slice : plan.sources(id))
    if (slice.buffer == buffer && slice.decay_power == decay_power) return true;
  return false;
}

TEST_CASE("decoupled ring: fold and push into the next output, identity at position 0") {
  const Plan plan =
      test::build(Operation::exscan, "ring_decoupled", request_of(Operation::exscan, 4, 2));
  // copy, 2 folds, identity
  REQUIRE(plan.ops.size() == 4);
  const Claim& claim = plan.claims.at(0);
  CHECK(plan.op(OpId{0}).kind == OpKind::copy);
  CHECK(plan.destinations(OpId{0})[0].buffer == claim.outputs[1]);
  const OpId fold{2};  // rank 2: output 2 x decay + input 2 -> output 3
  CHECK(plan.rank_of(fold) == Rank{2});
  CHECK(plan.op(fold).oper == Operator::decay_sum);
  CHECK(reads(plan, fold, claim.outputs[2], 1));
  CHECK(reads(plan, fold, claim.inputs[2], 0));
  CHECK(plan.destinations(fold)[0].buffer == claim.outputs[3]);
  CHECK(plan.deps_of(fold)[0].id() == OpId{1});
  CHECK(plan.op(OpId{3}).sources == 0);
  CHECK(plan.destinations(OpId{3})[0].buffer == claim.outputs[0]);
}

TEST_CASE("a suffix scan is the prefix scan of the members in reverse order") {
  CollectiveRequest request = request_of(Operation::exscan, 4, 2);
  request.suffix = true;
  const Plan plan = test::build(Operation::exscan, "ring_decoupled", request);
  const Claim& claim = plan.claims.at(0);
  CHECK(claim.suffix);
  CHECK(plan.rank_of(OpId{0}) == Rank{3});
  CHECK(plan.sources(OpId{0})[0].buffer == claim.inputs[3]);
  CHECK(plan.destinations(OpId{0})[0].buffer == claim.outputs[2]);
  CHECK(plan.destinations(OpId{3})[0].buffer == claim.outputs[3]);  // identity
}

TEST_CASE("coupled ring: receive, local work, fold, in this order on every lane") {
  CollectiveRequest request = request_of(Operation::exscan, 3, 2);
  request.local_work = {"attention", 1e9, kib(64)};
  const Plan plan = test::build(Operation::exscan, "ring_coupled", request);
  // rank 0: identity, work, fold; rank 1: copy, work, fold; rank 2: copy, work
  std::vector<OpKind> kinds;
  for (const Op& op : plan.ops) kinds.push_back(op.kind);
  const std::vector<OpKind> expected = {OpKind::reduce, OpKind::compute, OpKind::reduce,
                                        OpKind::copy,   OpKind::compute, OpKind::reduce,
                                        OpKind::copy,   OpKind::compute};
  CHECK(kinds == expected);
  CHECK(plan.rank_of(OpId{3}) == Rank{1});
  REQUIRE(plan.deps_of(OpId{3}).size() == 1);
  CHECK(plan.deps_of(OpId{3})[0].id() == OpId{2});
  CHECK(plan.computes[plan.op(OpId{4}).detail].flops == 1e9);
}

TEST_CASE("decoupled scans do all local work first, and pulls of inputs wait for it") {
  for (const char* name : {"ring_decoupled", "blelloch", "lasp_pr_tree"}) {
    CollectiveRequest request = request_of(Operation::exscan, 4, 2);
    request.local_work = {"kv", 0, kib(64)};
    const Plan plan = test::build(Operation::exscan, name, request);
    INFO(name);
    for (std::size_t p = 0; p < 4; ++p) {
      CHECK(plan.op(OpId{p}).kind == OpKind::compute);
      CHECK(plan.rank_of(OpId{p}) == Rank{p});
    }
  }
  CollectiveRequest request = request_of(Operation::exscan, 2, 2);
  request.local_work = {"kv", 1, {}};
  const Plan plan = test::build(Operation::exscan, "blelloch", request);
  // Op 2: rank 1 pulls rank 0's input, which op 0 works on.
  REQUIRE(plan.deps_of(OpId{2}).size() == 1);
  CHECK(plan.deps_of(OpId{2})[0].id() == OpId{0});
}

TEST_CASE("blelloch of 3 ranks, op by op") {
  const Plan plan = test::build(Operation::exscan, "blelloch", request_of(Operation::exscan, 3, 2));
  REQUIRE(plan.ops.size() == 7);
  const Claim& claim = plan.claims.at(0);
  // up: [0] with [1] at rank 1, then [0 1] with [2] at rank 2
  CHECK(plan.rank_of(OpId{0}) == Rank{1});
  CHECK(reads(plan, OpId{0}, claim.inputs[0], 1));
  CHECK(reads(plan, OpId{0}, claim.inputs[1], 0));
  const BufferId total01 = plan.destinations(OpId{0})[0].buffer;
  CHECK(plan.rank_of(OpId{1}) == Rank{2});
  CHECK(reads(plan, OpId{1}, total01, 1));
  CHECK(reads(plan, OpId{1}, claim.inputs[2], 0));
  // top: identity at rank 2
  const BufferId top = plan.destinations(OpId{2})[0].buffer;
  CHECK(plan.op(OpId{2}).sources == 0);
  // down: rank 1 gets the identity; rank 2 identity x decay^2 + total of [0 1]
  CHECK(plan.rank_of(OpId{3}) == Rank{1});
  CHECK(reads(plan, OpId{3}, top, 0));
  CHECK(reads(plan, OpId{4}, top, 2));
  CHECK(reads(plan, OpId{4}, total01, 0));
  CHECK(plan.destinations(OpId{4})[0].buffer == claim.outputs[2]);
  CHECK(plan.destinations(OpId{5})[0].buffer == claim.outputs[0]);
  CHECK(reads(plan, OpId{6}, claim.inputs[0], 0));
  CHECK(plan.destinations(OpId{6})[0].buffer == claim.outputs[1]);
}

TEST_CASE("lasp_pr_tree of 8 ranks sends the messages of the published schedule") {
  const Plan plan =
      test::build(Operation::exscan, "lasp_pr_tree", request_of(Operation::exscan, 8, 2));
  // from-to pairs: up level 0, 1, 2; down level 2, 1, 0; identity; shift
  const std::vector<std::pair<int, int>> expected = {
      {0, 1}, {2, 3}, {4, 5}, {6, 7}, {1, 3}, {5, 7}, {3, 7},  // up
      {3, 4}, {1, 2}, {5, 6}, {0, 1}, {2, 3}, {4, 5}, {6, 7},  // down
      {0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}};
  std::vector<std::pair<int, int>> sent;
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (!plan.sources(OpId{i}).empty())
      sent.emplace_back(plan.buffer(plan.sources(OpId{i})[0].buffer).rank.value,
                        plan.rank_of(OpId{i}).value);
  CHECK(sent == expected);
}

TEST_CASE("several ranks may share a GPU, and a rank may be in several groups") {
  CollectiveRequest request = request_of(Operation::exscan, 4, 2);
  request.gpu_of_rank = {0, 0, 1, 1};
  request.groups = {test::ranks_of({3, 1}), test::ranks_of({1, 0, 2})};
  const Plan plan = test::build(Operation::exscan, "blelloch", request);
  CHECK(plan.gpu_of(Rank{3}) == 1);
  CHECK(plan.groups.size() == 2);
  CHECK(plan.claims.size() == 2);
  CHECK(plan.kernels.size() == 5);
  CHECK(plan.claims[0].inputs.size() == 2);
  CHECK(plan.buffer(plan.claims[0].inputs[0]).rank == Rank{3});
}

}  // namespace
}  // namespace twinlink::models
