// Hierarchical all-reduce over domains: op by op, counts, groups across domains, what is refused.
#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "tests/models/collectives/plan_counting.h"
#include "tests/models/collectives/requests.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

const Algorithm& hierarchical() { return find_algorithm(Operation::all_reduce, "hierarchical"); }

CollectiveRequest over_domains(int domains, int members, std::int64_t elements) {
  CollectiveRequest request = test::request_of(hierarchical(), domains * members, elements);
  for (int r = 0; r < domains * members; ++r) request.domain_of_rank.push_back(r / members);
  return request;
}

void check_plan(const CollectiveRequest& request) {
  const Plan plan = build_plan(hierarchical(), request);
  const Proof proof = prove(plan);
  CHECK_MESSAGE(proof.correct(), (proof.findings.empty() ? "" : proof.findings[0].message));
  const AlgorithmCounts counted = test::count(plan), stated = hierarchical().counts(request);
  CHECK(stated.rounds == counted.rounds);
  CHECK(stated.messages == counted.messages);
  CHECK(stated.bytes_in == counted.bytes_in);
  CHECK(stated.bytes_out == counted.bytes_out);
  CHECK(stated.applications == counted.applications);
  const AlphaBetaGamma costs{1000, 3, 7};
  CHECK(hierarchical().closed_form(request, costs) == test::longest_chain(plan, costs));
  const OpCounts size = hierarchical().plan_size(request);
  CHECK(plan.ops.size() <= size.ops);
  CHECK(plan.slices.size() <= size.slices);
  CHECK(plan.deps.size() <= size.deps);
}

TEST_CASE("every number of domains and members is proved and counted, ragged and empty pieces") {
  for (const int domains : {1, 2, 3, 5, 8})
    for (const int members : {1, 2, 3, 4, 8})
      for (const std::int64_t elements :
           {std::int64_t{0}, std::int64_t{1}, std::int64_t{members + 1},
            std::int64_t{2} * domains * members + 3}) {
        INFO(domains, " domains of ", members, ", elements ", elements);
        check_plan(over_domains(domains, members, elements));
      }
  check_plan(over_domains(8, 72, 8 * 72 * 2 + 5));
}

TEST_CASE("two domains of two, 8 elements, op by op") {
  // Shares of 4; pieces of 2. Member 1 of domain 1 is rank 3.
  const Plan plan = build_plan(hierarchical(), over_domains(2, 2, 8));
  // Per rank: 2 meetings, reduce, NIC, sum, NIC, fetch.
  REQUIRE(plan.ops.size() == 4 * 7);
  REQUIRE(plan.rendezvous.size() == 4);
  CHECK(plan.groups.size() == 3);  // the claim's, and one per domain
  const Claim& claim = plan.claims.at(0);
  const OpId scatter{4 + 4 + 3};
  CHECK(plan.rank_of(scatter) == Rank{3});
  CHECK(plan.lane(plan.op(scatter).lane).engine == Engine::nic);
  // Piece 0 of share 1 (elements 4, 5) to member 1 of domain 0, slot 1 of its scratch.
  REQUIRE(plan.sources(scatter).size() == 1);
  CHECK(plan.sources(scatter)[0].buffer == claim.outputs[3]);
  CHECK(plan.sources(scatter)[0].offset == Bytes{16});
  CHECK(plan.sources(scatter)[0].size == Bytes{8});
  CHECK(plan.buffer(plan.destinations(scatter)[0].buffer).rank == Rank{1});
  CHECK(plan.destinations(scatter)[0].offset == Bytes{8});
  // Rank 3 sums piece 1 of share 1: the slot of domain 0, then its own.
  const OpId sum{4 + 4 + 4 + 3};
  REQUIRE(plan.sources(sum).size() == 2);
  CHECK(plan.buffer(plan.sources(sum)[0].buffer).name == "arrived");
  CHECK(plan.sources(sum)[1].buffer == claim.outputs[3]);
  CHECK(plan.sources(sum)[1].offset == Bytes{24});
}

TEST_CASE("one domain is two_shot") {
  const CollectiveRequest request = test::request_of(hierarchical(), 5, 13);
  const Plan plan = build_plan(hierarchical(), request);
  const Plan two_shot = test::build(Operation::all_reduce, "two_shot", request);
  CHECK(plan.ops.size() == two_shot.ops.size());
  CHECK(plan.slices.size() == two_shot.slices.size());
  CHECK(hierarchical().closed_form(request, {1000, 3, 7}) ==
        find_algorithm(Operation::all_reduce, "two_shot").closed_form(request, {1000, 3, 7}));
}

TEST_CASE("groups that cross domains, not contiguous, of different shapes") {
  CollectiveRequest request = over_domains(3, 4, 23);
  // Two per domain in mixed order; one per domain; all in one domain.
  request.groups = {test::ranks_of({9, 0, 5, 2, 4, 11}), test::ranks_of({10, 1, 6}),
                    test::ranks_of({3}), test::ranks_of({7})};
  check_plan(request);
}

TEST_CASE("unequal domains are refused with the numbers and what works") {
  CollectiveRequest request = over_domains(2, 3, 23);
  request.groups = {test::ranks_of({0, 1, 2, 3})};
  try {
    build_plan(hierarchical(), request);
    CHECK(false);
  } catch (const InputError& error) {
    CHECK(std::string(error.what()) ==
          "/algorithm: hierarchical needs equally many ranks of a group in each NVLink domain; "
          "here one has 3 and another 1, so shares of equal positions differ. Use \"ring\", or "
          "groups of equal parts");
  }
  request.domain_of_rank.pop_back();
  CHECK_THROWS_AS(build_plan(hierarchical(), request), InputError);
}

TEST_CASE("a NIC's write that nobody waits for is a race") {
  Plan plan = build_plan(hierarchical(), over_domains(2, 2, 8));
  // Rank 3's sum no longer waits for the write of rank 1.
  const OpId sum{4 + 4 + 4 + 3};
  REQUIRE(plan.deps_of(sum).size() == 1);
  plan.deps[plan.op(sum).first_dep].edge = static_cast<std::uint32_t>(Edge::flag_relaxed) & 0xF;
  const Proof proof = check_races(plan);
  REQUIRE(!proof.correct());
  CHECK(proof.findings[0].rank == Rank{3});
  CHECK(proof.findings[0].op == sum);
}

}  // namespace
}  // namespace twinlink::models
