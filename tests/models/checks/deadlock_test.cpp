#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "tests/models/checks/support/plans.h"

namespace twinlink::models {
namespace {

using test::Frame;
using test::mentions;
using test::names;
using test::text_of;

TEST_CASE("mutation: a member that never comes") {
  Frame f({Operation::all_reduce, 3, 4});
  const std::uint32_t meeting = f.builder.add_rendezvous({f.group});
  f.builder.barrier(f.lane(0), meeting, {});
  f.builder.barrier(f.lane(2), meeting, {});
  const Proof proof = prove(f.builder.finish());
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].check == Check::deadlock);
  CHECK(names(proof.findings[0], 1, 0));
  CHECK(proof.findings[0].message ==
        "rank 1: never comes to rendezvous 0, where op 0 of rank 0 waits for it");
}

TEST_CASE("mutation: two ranks meet twice in opposite order") {
  Frame f({Operation::all_reduce, 2, 4});
  const std::uint32_t a = f.builder.add_rendezvous({f.group});
  const std::uint32_t b = f.builder.add_rendezvous({f.group});
  f.builder.barrier(f.lane(0), a, {});
  f.builder.barrier(f.lane(0), b, {});
  f.builder.barrier(f.lane(1), b, {});
  f.builder.barrier(f.lane(1), a, {});
  const Proof proof = check_deadlock(f.builder.finish());
  INFO(text_of(proof));
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].check == Check::deadlock);
  // Rank 0 is at a (op 0) and rank 1 at b (op 2); op 1 and op 3 are behind them.
  CHECK(mentions(proof.findings[0], "waits for itself"));
  CHECK(mentions(proof.findings[0], "op 1 (rank 0, lane 0) waits for op 0 (rank 0, lane 0)"));
  CHECK(mentions(proof.findings[0], "op 3 (rank 1, lane 1) waits for op 2 (rank 1, lane 1)"));
}

TEST_CASE("mutation: a member waits for another member of its own meeting") {
  Frame f({Operation::all_reduce, 2, 4});
  const std::uint32_t meeting = f.builder.add_rendezvous({f.group});
  f.builder.barrier(f.lane(0), meeting, {});
  const Dep after = dep(OpId{0});
  f.builder.barrier(f.lane(1), meeting, std::span(&after, 1));
  const Proof proof = check_deadlock(f.builder.finish());
  REQUIRE(proof.total == 1);
  CHECK(names(proof.findings[0], 1, 1));
}

TEST_CASE("a cycle through a dependency, a lane and a meeting") {
  Frame f({Operation::all_reduce, 2, 4});
  const std::uint32_t meeting = f.builder.add_rendezvous({f.group});
  f.builder.barrier(f.lane(0), meeting, {});                             // 0
  f.copy(0, f.whole(f.input(0)), f.whole(f.output(0)));                  // 1
  f.copy(1, f.whole(f.input(1)), f.whole(f.output(1)), {dep(OpId{1})});  // 2
  f.builder.barrier(f.lane(1), meeting, {});                             // 3
  const Proof proof = check_deadlock(f.builder.finish());
  INFO(text_of(proof));
  REQUIRE(proof.total == 1);
  CHECK(mentions(proof.findings[0], "op 2 (rank 1, lane 1) waits for op 1 (rank 0, lane 0)"));
  CHECK(mentions(proof.findings[0], "waits for op 0 (rank 0, lane 0), rendezvous 0"));
}

TEST_CASE("ops stored before the meeting that they follow are refused") {
  Frame f({Operation::all_reduce, 2, 4});
  const std::uint32_t meeting = f.builder.add_rendezvous({f.group});
  f.builder.barrier(f.lane(0), meeting, {});             // 0
  f.copy(0, f.whole(f.input(0)), f.whole(f.output(0)));  // 1, stored before rank 1 comes
  f.builder.barrier(f.lane(1), meeting, {});             // 2
  const Proof proof = check_deadlock(f.builder.finish());
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].message ==
        "rank 0: op 1 follows the rendezvous of op 0 but is stored before its last member op 2: "
        "the order of ops is no order of execution");
}

TEST_CASE("meetings of overlapping groups in one order are fine") {
  Frame f({Operation::all_reduce, 3, 4});
  const GroupId left = f.builder.add_group({Rank{0}, Rank{1}});
  const GroupId right = f.builder.add_group({Rank{2}, Rank{1}});
  for (const GroupId group : {left, right, f.group}) {
    const std::uint32_t meeting = f.builder.add_rendezvous({group});
    const std::vector<Rank> members = f.builder.plan().groups[group.index()].members;
    for (const Rank rank : members) f.builder.barrier(f.lane(rank.value), meeting, {});
  }
  CHECK(check_deadlock(f.builder.finish()).correct());
}

}  // namespace
}  // namespace twinlink::models
