// The kernels of vLLM and PyTorch as plans: their structure, proofs, and what must break them.
#include "models/collectives/shipped_kernels.h"

#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "models/collectives/all_reduce_ca_1stage.h"
#include "models/collectives/all_reduce_symm_mem_two_shot.h"
#include "tests/models/collectives/requests.h"
#include "tests/support/rank_counts.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using test::request_of;

constexpr const char* kShipped[] = {"ca_1stage", "ca_2stage", "symm_mem_multimem",
                                    "symm_mem_two_shot"};

Plan plan_of(const char* name, int ranks, std::int64_t elements) {
  return test::build(Operation::all_reduce, name,
                     request_of(Operation::all_reduce, ranks, elements));
}

TEST_CASE("shares in packs of 16 bytes") {
  // 100 bytes are 7 packs, the last of 4 bytes. vLLM: floor(7 / 3) = 2, 2 and the rest.
  CHECK(share_with_rest_last(0, 3, {100}).size() == 32);
  CHECK(share_with_rest_last(2, 3, {100}).begin == 64);
  CHECK(share_with_rest_last(2, 3, {100}).size() == 36);
  // PyTorch: ceil(7 / 3) = 3, 3 and 1.
  CHECK(share_rounded_up(1, 3, {100}).size() == 48);
  CHECK(share_rounded_up(2, 3, {100}).size() == 4);
  // 7 packs for 5: 2, 2, 2, 1 and nothing.
  CHECK(share_rounded_up(4, 5, {100}).size() == 0);
}

TEST_CASE("block caps") {
  CHECK(custom_all_reduce_shape({16 * 512}).ctas == 1);
  CHECK(custom_all_reduce_shape({16 * 512 + 1}).ctas == 2);
  CHECK(custom_all_reduce_shape(mib(64)).ctas == 36);
  CHECK(custom_all_reduce_shape({0}).ctas == 1);
  CHECK(custom_all_reduce_shape(mib(64)).threads == 512);
  CHECK(custom_all_reduce_shape(mib(64)).loads_in_flight == 1);
  CHECK(symm_mem_shape({16 * 1024}, 24).ctas == 1);
  CHECK(symm_mem_shape({16 * 1025}, 24).ctas == 2);
  CHECK(symm_mem_shape(mib(16), 24).ctas == 24);
}

TEST_CASE("the request's shape does not matter") {
  for (const char* name : kShipped) {
    CollectiveRequest request = request_of(Operation::all_reduce, 4, 1 << 20);
    request.shape = {7, 64, 4, 3};
    const Plan odd = test::build(Operation::all_reduce, name, request);
    const Plan plain = plan_of(name, 4, 1 << 20);
    REQUIRE(odd.lanes.size() == plain.lanes.size());
    for (std::size_t i = 0; i < odd.lanes.size(); ++i) {
      CHECK(odd.lanes[i].ctas == plain.lanes[i].ctas);
      CHECK(odd.lanes[i].threads == plain.lanes[i].threads);
      CHECK(odd.lanes[i].loads_in_flight == plain.lanes[i].loads_in_flight);
    }
  }
}

TEST_CASE("ca_2stage gathers serially, first its own share") {
  const Plan plan = plan_of("ca_2stage", 4, 64);  // 256 bytes, 4 packs each
  const OpId gather{4 + 4 + 4 + 1};               // meeting, folds, meeting, rank 1
  CHECK(plan.op(gather).kind == OpKind::copy);
  CHECK(plan.op(gather).order == LoadOrder::serial);
  REQUIRE(plan.sources(gather).size() == 4);
  CHECK(plan.buffer(plan.sources(gather)[0].buffer).rank == Rank{1});
  CHECK(plan.buffer(plan.sources(gather)[3].buffer).rank == Rank{0});
  CHECK(plan.sources(gather)[0].offset == Bytes{64});
  CHECK(plan.op(OpId{4}).order == LoadOrder::parallel);
}

TEST_CASE("symm_mem_two_shot is three graph nodes around one op that loads all and stores all") {
  const Plan plan = plan_of("symm_mem_two_shot", 4, 64);
  CHECK(plan.kernels.size() == 12);
  REQUIRE(plan.ops.size() == 20);  // copy in, meet, fold, meet, copy out
  const OpId fold{8};
  CHECK(plan.op(fold).kind == OpKind::reduce);
  CHECK(plan.sources(fold).size() == 4);
  CHECK(plan.destinations(fold).size() == 4);
  CHECK(plan.deps_of(OpId{4})[0].kind() == Edge::graph);
  CHECK(plan.deps_of(OpId{16})[0].kind() == Edge::graph);
}

TEST_CASE("proved for 1 to 130 and 576 ranks, with ragged and with empty shares") {
  std::vector<int> counts = rank_counts();
  counts.push_back(large_rank_counts().back());
  for (const char* name : kShipped)
    for (const int p : counts) {
      for (const std::int64_t elements : {std::int64_t{5}, std::int64_t{p} * 9 + p / 2}) {
        const Proof proof = prove(plan_of(name, p, elements));
        if (proof.correct()) continue;
        FAIL_CHECK(std::string(name), ", ", p, " ranks: ", proof.findings[0].message);
      }
    }
}

TEST_CASE("proved in groups of unequal size that share ranks") {
  for (const char* name : kShipped) {
    CollectiveRequest request = request_of(Operation::all_reduce, 9, 129);
    request.groups = {test::ranks_of({8, 1, 3}), test::ranks_of({0, 2, 1, 4, 7}),
                      test::ranks_of({5})};
    CHECK(prove(test::build(Operation::all_reduce, name, request)).correct());
  }
}

// Replaces the edges of a kind.
Plan with_edges(Plan plan, Edge from, Edge to) {
  for (Dep& d : plan.deps)
    if (d.kind() == from) d = dep(d.id(), to, d.reach());
  return plan;
}

TEST_CASE("symm_mem_multimem lets the switch add and multicast") {
  const Plan plan = plan_of("symm_mem_multimem", 4, 64);
  REQUIRE(plan.ops.size() == 20);
  CHECK(plan.op(OpId{8}).kind == OpKind::multimem_reduce);
  CHECK(plan.destinations(OpId{8}).size() == 4);
  CHECK(plan.lane(plan.op(OpId{8}).lane).ctas == 1);
  // 64 MiB in 4 shares of 16 MiB: 1024 blocks wanted, 8 given.
  const Plan large = plan_of("symm_mem_multimem", 4, 1 << 24);
  CHECK(large.lane(large.op(OpId{8}).lane).ctas == 8);
}

TEST_CASE("without multicast symm_mem_multimem is refused") {
  CollectiveRequest request = request_of(Operation::all_reduce, 4, 64);
  request.multicast = false;
  const Algorithm& algorithm = find_algorithm(Operation::all_reduce, "symm_mem_multimem");
  CHECK_THROWS_AS(build_plan(algorithm, request), InputError);
}

TEST_CASE("mutation: the copy in is not launched before, only flagged") {
  const Plan plan = plan_of("symm_mem_two_shot", 4, 64);
  CHECK(prove(with_edges(plan, Edge::graph, Edge::event)).correct());
  const Proof relaxed = prove(with_edges(plan, Edge::graph, Edge::flag_relaxed));
  REQUIRE_FALSE(relaxed.correct());
  CHECK(relaxed.findings[0].check == Check::race);
  CHECK(relaxed.findings[0].message.find("relaxed flags only") != std::string::npos);
  // A fence orders the copy for its own rank, not for those it meets behind a relaxed flag.
  CHECK_FALSE(prove(with_edges(plan, Edge::graph, Edge::flag_fenced)).correct());
}

TEST_CASE("mutation: relaxed meetings where data must be visible") {
  for (const char* name : {"ca_2stage", "symm_mem_two_shot", "symm_mem_multimem"}) {
    Plan plan = plan_of(name, 4, 64);
    for (Rendezvous& meeting : plan.rendezvous) meeting.edge = Edge::flag_relaxed;
    const Proof proof = prove(plan);
    INFO(name);
    REQUIRE_FALSE(proof.correct());
    CHECK(proof.findings[0].check == Check::race);
  }
}

TEST_CASE("what the real kernels support") {
  const auto of = [](int ranks, std::int64_t elements) {
    return request_of(Operation::all_reduce, ranks, elements);
  };
  CHECK(beyond_custom_all_reduce(of(6, 8)).empty());
  CHECK(beyond_custom_all_reduce(of(3, 8)) ==
        "the kernel exists for 2, 4, 6 and 8 ranks, not for 3");
  CHECK(beyond_custom_all_reduce(of(2, 5)) == "20 bytes are not whole packs of 16 bytes");
  CHECK(beyond_symm_mem_two_shot(of(8, 8)).empty());
  CHECK(beyond_symm_mem_two_shot(of(6, 8)) ==
        "the kernel is specialised for 2, 4 and 8 ranks; for 6 it runs a generic loop");
}

}  // namespace
}  // namespace twinlink::models
