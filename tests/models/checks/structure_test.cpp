#include <doctest/doctest.h>

#include <functional>

#include "models/checks/proof.h"
#include "tests/models/checks/support/plans.h"

namespace twinlink::models {
namespace {

using test::Frame;
using test::part;
using test::text_of;

// The only finding of a ring of 3 ranks (12 ops; op 1 is a sum on rank 1, op 7 a copy) after a
// mutation.
std::string finding(const std::function<void(Plan&)>& mutate) {
  Plan plan = test::ring_all_reduce(3, 9);
  mutate(plan);
  const Proof proof = prove(plan);
  INFO(text_of(proof));
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].check == Check::structure);
  return proof.findings[0].message;
}

Slice& slice(Plan& plan, std::size_t op, std::size_t index) {
  return plan.slices[plan.ops[op].first_slice + index];
}

TEST_CASE("mutations of ops are named with rank and op") {
  CHECK(finding([](Plan& p) { slice(p, 1, 2).offset.count = 25; }) ==
        "rank 1: op 1 has a destination 0 of 12 bytes from byte 25 on, outside the 36 bytes of "
        "\"output\" of rank 1");
  CHECK(finding([](Plan& p) { slice(p, 1, 1).offset.count = INT64_MAX; }).find("outside") !=
        std::string::npos);
  CHECK(finding([](Plan& p) { slice(p, 1, 0).buffer = BufferId{99}; }) ==
        "rank 1: op 1 has a source 0 that names no buffer of the plan");
  CHECK(finding([](Plan& p) { slice(p, 1, 0).size.count = 8; }) ==
        "rank 1: op 1 reduces slices of 8 and 12 bytes");
  CHECK(finding([](Plan& p) { slice(p, 7, 1).size.count = 8; }) ==
        "rank 1: op 7 copies 12 bytes into 8");
  CHECK(finding([](Plan& p) { slice(p, 1, 0).offset.count += 2; }) ==
        "rank 1: op 1 reduces slices that are no whole elements of one type");
  CHECK(finding([](Plan& p) { slice(p, 7, 1).buffer = p.claims[0].inputs[0]; }) ==
        "rank 1: op 7 writes \"input\" of rank 0, whose role is input");
  CHECK(finding([](Plan& p) { p.deps[p.ops[7].first_dep] = dep(OpId{7}); }) ==
        "rank 1: op 7 depends on op 7, which is no earlier");
  CHECK(finding([](Plan& p) { p.ops[1].lane = LaneId{77}; }) == "op 1 names no lane of the plan");
  CHECK(finding([](Plan& p) { p.ops[1].oper = Operator::none; }) ==
        "rank 1: op 1 reduces without an operator");
  CHECK(finding([](Plan& p) { p.ops[7].oper = Operator::sum; }) ==
        "rank 1: op 7 has an operator but is no reduce");
  CHECK(finding([](Plan& p) { slice(p, 1, 0).decay_power = 1; }) ==
        "rank 1: op 1 has a decay power on a slice that is no source of a decay_sum");
  CHECK(finding([](Plan& p) { p.ops[11].first_slice = 1000; }) ==
        "rank 1: op 10 names slices or dependencies that do not exist");
  CHECK(finding([](Plan& p) { p.ops[4].sources = 1000; }) ==
        "rank 1: op 4 names slices or dependencies that do not exist");
  CHECK(finding([](Plan& p) { p.ops[7].kind = static_cast<OpKind>(9); }) ==
        "rank 1: op 7 is of an unknown kind");
}

// All findings of a plan, as one text.
std::string findings(const std::function<void(Plan&)>& mutate) {
  Plan plan = test::ring_all_reduce(3, 9);
  mutate(plan);
  return text_of(prove(plan));
}

TEST_CASE("mutations of tables are named with their entry") {
  const auto has = [](const std::string& text, const std::string& words) {
    INFO(text);
    CHECK(text.find("structure: " + words) != std::string::npos);
  };
  has(findings([](Plan& p) { p.groups[0].members[1] = Rank{0}; }),
      "group 0: rank 0 is a member twice");
  has(findings([](Plan& p) { p.kernels[1].rank = Rank{3}; }), "kernel 1: rank 3 does not exist");
  has(findings([](Plan& p) { p.lanes[2].ctas = 0; }), "lane 2: needs positive ctas");
  has(findings([](Plan& p) { p.lanes[2].kernel = KernelId{}; }), "lane 2: names no kernel");
  has(findings([](Plan& p) { p.lanes[2].rank = Rank{0}; }),
      "lane 2: runs on another rank than its kernel");
  has(findings([](Plan& p) { p.buffers[0].size.count = -1; }), "buffer 0: has a negative size");
  has(findings([](Plan& p) { p.gpu_of_rank[2] = -1; }), "rank 2: runs on no GPU");
  has(findings([](Plan& p) { p.claims[0].outputs.pop_back(); }),
      "claim 0: needs one input and one output per member");
  has(findings([](Plan& p) { std::swap(p.claims[0].inputs[0], p.claims[0].inputs[1]); }),
      "claim 0: member 0 names a buffer of another rank");
  has(findings([](Plan& p) { p.claims[0].inputs[1] = p.claims[0].outputs[1]; }),
      "claim 0: the input of member 1 is not given at the start");
  has(findings([](Plan& p) { p.buffers[1].size.count += 4; }),
      "claim 0: the output of member 0 has 40 bytes; the operation makes 36");
  has(findings([](Plan& p) { p.buffers[1].element = ElementType::bf16; }),
      "claim 0: member 0 names a buffer of another element type");
  has(findings([](Plan& p) {
        p.rendezvous.push_back({GroupId{0}, Edge::event});
      }),
      "rendezvous 0: its edge is neither");
}

TEST_CASE("a rank comes to a meeting of its own group, and once") {
  Frame f({Operation::all_reduce, 3, 4});
  const GroupId pair = f.builder.add_group({Rank{0}, Rank{1}});
  const std::uint32_t meeting = f.builder.add_rendezvous({pair});
  for (const int rank : {0, 1, 1, 2}) f.builder.barrier(f.lane(rank), meeting, {});
  const Proof proof = prove(f.builder.finish());
  REQUIRE(proof.total == 2);
  CHECK(proof.findings[0].message ==
        "rank 2: op 3 comes to rendezvous 0 of a group without rank 2");
  CHECK(proof.findings[1].message ==
        "rank 1: op 2 comes to rendezvous 0 a second time, after op 1");
}

TEST_CASE("slices that no op owns are refused") {
  Plan plan = test::ring_all_reduce(3, 9);
  plan.ops.clear();
  const Proof proof = prove(plan);
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].message == "the plan has slices or dependencies but no ops");
}

TEST_CASE("copy engines copy") {
  Frame f({Operation::all_reduce, 1, 4});
  const LaneId lane = f.builder.add_copy_lane(Rank{0}, 0, LaunchMode::graph);
  const Slice from = f.whole(f.input(0));
  const Slice to = f.whole(f.output(0));
  f.builder.reduce(lane, Operator::sum, std::span(&from, 1), std::span(&to, 1), {});
  Plan plan = f.builder.finish();
  const Proof proof = prove(plan);
  REQUIRE(proof.total == 1);
  CHECK(proof.findings[0].message == "rank 0: op 0 computes on a copy engine or NIC");
  plan.ops[0].kind = OpKind::copy;
  plan.ops[0].oper = Operator::none;
  CHECK(prove(plan).correct());
}

TEST_CASE("each check alone looks at the structure first") {
  Plan plan = test::ring_all_reduce(3, 9);
  slice(plan, 1, 2).buffer = BufferId{99};
  for (const auto check : {check_provenance, check_races, check_deadlock}) {
    const Proof proof = check(plan);
    REQUIRE(proof.total == 1);
    CHECK(proof.findings[0].check == Check::structure);
  }
  CHECK_FALSE(check_residency(plan, 1000).correct());
}

}  // namespace
}  // namespace twinlink::models
