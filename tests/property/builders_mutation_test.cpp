// Mutations of real plans, one at a time: each must be rejected by the right check, with a message
// that names rank and op.
#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "tests/models/collectives/requests.h"

namespace twinlink::models {
namespace {

Plan plan_of(Operation operation, const char* algorithm, int ranks, std::int64_t elements) {
  const Plan plan = test::build(operation, algorithm, test::request_of(operation, ranks, elements));
  REQUIRE(prove(plan).correct());
  return plan;
}

Slice& source(Plan& plan, OpId op, std::size_t i) {
  return plan.slices[plan.op(op).first_slice + i];
}
Slice& destination(Plan& plan, OpId op) { return source(plan, op, plan.op(op).sources); }
Dep& dep_of(Plan& plan, OpId op) { return plan.deps[plan.op(op).first_dep]; }

OpId last_op_of(const Plan& plan, Rank rank) {
  std::size_t last = plan.ops.size() - 1;
  while (plan.rank_of(OpId{last}) != rank) --last;
  return OpId{last};
}

void drop_deps(Plan& plan, OpId op) {
  const std::size_t count = plan.deps_of(op).size();
  const auto first = plan.deps.begin() + plan.op(op).first_dep;
  plan.deps.erase(first, first + static_cast<std::ptrdiff_t>(count));
  for (std::size_t later = op.index() + 1; later < plan.ops.size(); ++later)
    plan.ops[later].first_dep -= static_cast<std::uint32_t>(count);
}

// The first op of that kind on that rank.
OpId first_of(const Plan& plan, OpKind kind, Rank rank) {
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].kind == kind && plan.rank_of(OpId{i}) == rank) return OpId{i};
  return OpId{};
}

// Some finding of `check` must be about this rank and op, and say so.
void check_caught(const Plan& plan, Check check, Rank rank, OpId op) {
  const Proof proof = prove(plan);
  CHECK(!proof.correct());
  bool caught = false;
  for (const Finding& finding : proof.findings) {
    INFO(finding.message);
    const std::string r = "rank " + std::to_string(finding.rank.value);
    const std::string o = "op " + std::to_string(finding.op.value);
    CHECK(finding.message.find(r) != std::string::npos);
    if (finding.op.valid()) CHECK(finding.message.find(o) != std::string::npos);
    caught |= finding.check == check && finding.rank == rank && finding.op == op;
  }
  CHECK(caught);
}

TEST_CASE("a dropped dependency is a race of the reader") {
  Plan plan = plan_of(Operation::all_reduce, "ring", 4, 8);
  const OpId op{6};  // rank 2, step 1: reads rank 1's output
  drop_deps(plan, op);
  check_caught(plan, Check::race, Rank{2}, op);
}

TEST_CASE("a flag without a fence does not show data") {
  Plan plan = plan_of(Operation::exscan, "ring_decoupled", 5, 3);
  const OpId op{2};  // rank 2 reads what rank 1 pushed
  dep_of(plan, op).edge = static_cast<std::uint32_t>(Edge::flag_relaxed) & 0xF;
  check_caught(plan, Check::race, Rank{2}, op);
}

TEST_CASE("a relaxed rendezvous in the middle of two-shot does not show data") {
  Plan plan = plan_of(Operation::all_reduce, "two_shot", 3, 7);
  plan.rendezvous[1].edge = Edge::flag_relaxed;
  check_caught(plan, Check::race, Rank{0}, OpId{9});  // rank 0 fetches
}

TEST_CASE("a shifted partner folds ranks that are not neighbours") {
  Plan plan = plan_of(Operation::exscan, "blelloch", 8, 3);
  const OpId op{1};  // rank 3 pulls rank 2's input, now rank 1's
  source(plan, op, 0).buffer = plan.claims[0].inputs[1];
  check_caught(plan, Check::provenance, Rank{3}, op);
}

TEST_CASE("a wrong decay power") {
  Plan plan = plan_of(Operation::exscan, "blelloch", 8, 3);
  const OpId op{4};  // rank 3: total [0 1] x decay^2 + total [2 3]
  REQUIRE(source(plan, op, 0).decay_power == 2);
  source(plan, op, 0).decay_power = 1;
  check_caught(plan, Check::provenance, Rank{3}, op);
}

TEST_CASE("an inclusive result where the claim is exclusive") {
  Plan plan = plan_of(Operation::exscan, "blelloch", 2, 3);
  // op 0: total [0 1] at rank 1; op 3: rank 1's prefix = identity x decay + input of rank 0
  const OpId op{3};
  REQUIRE(plan.rank_of(op) == Rank{1});
  source(plan, op, 1).buffer = destination(plan, OpId{0}).buffer;
  source(plan, op, 0).decay_power = 2;
  check_caught(plan, Check::provenance, Rank{1}, op);
}

TEST_CASE("a rank that is added twice") {
  Plan plan = plan_of(Operation::all_reduce, "one_shot", 3, 5);
  const OpId op{4};  // rank 1: its third source is now the first once more
  source(plan, op, 2).buffer = plan.claims[0].inputs[0];
  check_caught(plan, Check::provenance, Rank{1}, op);
}

TEST_CASE("a block that lands one place off") {
  Plan plan = plan_of(Operation::all_to_all, "direct", 3, 9);
  // Rank 0's push to rank 1 (op 0) lands where rank 1's own block (op 5) belongs.
  destination(plan, OpId{0}).offset = destination(plan, OpId{5}).offset;
  check_caught(plan, Check::race, Rank{1}, OpId{5});
}

TEST_CASE("a rank that the switch adds twice") {
  Plan plan = plan_of(Operation::all_reduce, "multimem_two_shot", 4, 8);
  const OpId op = first_of(plan, OpKind::multimem_reduce, Rank{2});
  source(plan, op, 3).buffer = plan.claims[0].inputs[0];
  check_caught(plan, Check::provenance, Rank{2}, op);
}

TEST_CASE("a multicast that misses a destination leaves a rank without its share") {
  for (const Operation operation : {Operation::all_reduce, Operation::all_gather}) {
    const char* name = operation == Operation::all_reduce ? "multimem_two_shot" : "multimem";
    Plan plan = plan_of(operation, name, 4, 8);
    const OpId op = first_of(
        plan, operation == Operation::all_reduce ? OpKind::multimem_reduce : OpKind::multimem_store,
        Rank{1});
    // What should go to rank 3 goes to rank 0 once more.
    Slice* destinations = &destination(plan, op);
    destinations[3].buffer = plan.claims[0].outputs[0];
    const Proof proof = prove(plan);
    CHECK(proof.wrong_ranks == test::ranks_of({3}));
  }
}

TEST_CASE("a multicast of the wrong share") {
  Plan plan = plan_of(Operation::all_gather, "multimem", 4, 8);
  const OpId op = first_of(plan, OpKind::multimem_store, Rank{1});
  for (std::size_t d = 0; d < 4; ++d) source(plan, op, 1 + d).offset = Bytes{0};
  CHECK(!prove(plan).correct());
  CHECK(!check_races(plan).correct());  // two ranks write share 0
}

TEST_CASE("a push that its owner does not wait for") {
  Plan plan = plan_of(Operation::all_reduce, "two_shot_push", 4, 8);
  const OpId op = first_of(plan, OpKind::reduce, Rank{1});
  REQUIRE(plan.deps_of(op).size() == 3);
  dep_of(plan, op).edge = static_cast<std::uint32_t>(Edge::flag_relaxed) & 0xF;
  check_caught(plan, Check::race, Rank{1}, op);
}

TEST_CASE("a partner shifted by one in halving and doubling") {
  Plan plan = plan_of(Operation::all_reduce, "halving_doubling", 8, 16);
  const OpId op{8 + 3};  // rank 3's second step: with rank 1; now with rank 0
  REQUIRE(plan.sources(op)[0].buffer == plan.claims[0].outputs[1]);
  source(plan, op, 0).buffer = plan.claims[0].outputs[0];
  check_caught(plan, Check::race, Rank{3}, op);
  CHECK(!check_provenance(plan).correct());  // rank 2 brings the same members next
}

TEST_CASE("a tree that reads a child before the child has summed") {
  Plan plan = plan_of(Operation::all_reduce, "double_binary_tree", 8, 16);
  // Rank 4 folds ranks 2 and 6, which are inner themselves.
  OpId op;
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.rank_of(OpId{i}) == Rank{4} && plan.ops[i].kind == OpKind::reduce) op = OpId{i};
  REQUIRE(plan.deps_of(op).size() == 2);
  drop_deps(plan, op);
  check_caught(plan, Check::race, Rank{4}, op);
}

TEST_CASE("a chain that pulls before its neighbour has the slice") {
  Plan plan = plan_of(Operation::broadcast, "ring", 4, 8);
  const OpId op{3};  // rank 3 pulls from rank 2
  REQUIRE(plan.rank_of(op) == Rank{3});
  drop_deps(plan, op);
  check_caught(plan, Check::race, Rank{3}, op);
}

TEST_CASE("a rank that meets at two rendezvous in the wrong order") {
  // Rank 1 arrives at the second rendezvous (op 1) before the first (op 7): the cycle goes through
  // all ranks, so it is reported at another op, but the message walks it.
  Plan plan = plan_of(Operation::all_reduce, "one_shot", 3, 5);
  std::swap(plan.ops[1].detail, plan.ops[7].detail);
  const Proof proof = check_deadlock(plan);
  REQUIRE(!proof.correct());
  CHECK(proof.findings[0].message.find("op 1 (rank 1") != std::string::npos);
  CHECK(proof.findings[0].message.find("op 7 (rank 1") != std::string::npos);
}

// 4 ranks; op 1 is rank 1's: inputs 0, 1, 2 -> outputs 1, 2, 3, its slice.
TEST_CASE("a scan_reduce with a wrong decay power") {
  Plan plan = plan_of(Operation::exscan, "transpose", 4, 8);
  source(plan, OpId{1}, 1).decay_power = 2;  // input 1 covers one member
  check_caught(plan, Check::provenance, Rank{1}, OpId{1});
}

TEST_CASE("a scan_reduce with two sources swapped") {
  Plan plan = plan_of(Operation::exscan, "transpose", 4, 8);
  std::swap(source(plan, OpId{1}, 0), source(plan, OpId{1}, 1));
  check_caught(plan, Check::provenance, Rank{1}, OpId{1});
}

TEST_CASE("a scan_reduce without its first source: every prefix lacks rank 0") {
  Plan plan = plan_of(Operation::exscan, "transpose", 4, 8);
  const OpId op{1};
  plan.slices.erase(plan.slices.begin() + plan.op(op).first_slice);
  --plan.ops[op.index()].sources;
  for (std::size_t later = op.index() + 1; later < plan.ops.size(); ++later)
    --plan.ops[later].first_slice;
  // Two sources have three prefixes, the empty one, [1] and [1, 2]: rank 1 gets nothing.
  check_caught(plan, Check::provenance, Rank{1}, op);
  check_caught(plan, Check::provenance, Rank{3}, op);
}

TEST_CASE("prefixes of a scan_reduce one place off") {
  Plan plan = plan_of(Operation::exscan, "transpose", 4, 8);
  std::swap(destination(plan, OpId{1}).buffer,
            source(plan, OpId{1}, plan.op(OpId{1}).sources + 1).buffer);
  check_caught(plan, Check::provenance, Rank{1}, OpId{1});  // holds the prefix of rank 2
  check_caught(plan, Check::provenance, Rank{2}, OpId{1});
}

TEST_CASE("an inclusive transpose where the claim is exclusive") {
  Plan plan = plan_of(Operation::scan, "transpose", 4, 8);
  plan.claims[0].operation = Operation::exscan;
  check_caught(plan, Check::provenance, Rank{1}, OpId{0});  // the first byte is op 0's
}

// 2 domains of 2: total of ranks 0, 1 (ops 0, 1), NIC writes (2, 3), stages (4, 5), (9, 10).
Plan hierarchical_plan() {
  CollectiveRequest request = test::request_of(Operation::exscan, 4, 8);
  request.domain_of_rank = {0, 0, 1, 1};
  Plan plan = test::build(Operation::exscan, "hierarchical_transpose", request);
  REQUIRE(prove(plan).correct());
  return plan;
}

TEST_CASE("a carry that counts fewer members than its domain has") {
  Plan plan = hierarchical_plan();
  const OpId op{9};
  REQUIRE(plan.op(op).kind == OpKind::scan_reduce);
  REQUIRE(source(plan, op, 0).decay_power == 2);
  source(plan, op, 0).decay_power = 1;
  // The carry comes first, so only the empty prefix is scaled by it: nothing is wrong.
  CHECK(prove(plan).correct());
  source(plan, op, 1).decay_power = 2;  // the input after it covers one member
  check_caught(plan, Check::provenance, Rank{2}, op);
}

TEST_CASE("a stage that does not wait for the totals of earlier domains") {
  Plan plan = hierarchical_plan();
  const OpId op{9};
  REQUIRE(plan.deps_of(op).size() == 1);
  drop_deps(plan, op);
  check_caught(plan, Check::race, Rank{2}, op);
}

TEST_CASE("a NIC that does not wait for the total that it sends") {
  Plan plan = hierarchical_plan();
  const OpId op{2};
  REQUIRE(plan.lane(plan.op(op).lane).engine == Engine::nic);
  drop_deps(plan, op);
  check_caught(plan, Check::race, Rank{0}, op);
}

TEST_CASE("a slice of a chain that waits for the slice before its own") {
  CollectiveRequest request = test::request_of(Operation::exscan, 4, 8);
  request.slices = 2;
  Plan plan = test::build(Operation::exscan, "chain_pipelined", request);
  REQUIRE(prove(plan).correct());
  const OpId op{3};  // rank 1's second slice, which op 1 of rank 0 made
  REQUIRE(dep_of(plan, op).id() == OpId{1});
  dep_of(plan, op).op = 0;
  check_caught(plan, Check::race, Rank{1}, op);
}

TEST_CASE("doubling with a fold that skips a rank") {
  Plan plan = plan_of(Operation::exscan, "kogge_stone", 6, 3);
  const OpId op = last_op_of(plan, Rank{5});
  source(plan, op, 0).buffer = plan.claims[0].inputs[0];  // [0..0] instead of [0..0] of x[1]...
  source(plan, op, 1).decay_power = 0;
  const Proof proof = prove(plan);
  CHECK(proof.correct());  // input 0 is what x[1] holds: the same value by another way
  source(plan, op, 0).buffer = plan.claims[0].inputs[1];
  check_caught(plan, Check::provenance, Rank{5}, op);
}
}  // namespace
}  // namespace twinlink::models
