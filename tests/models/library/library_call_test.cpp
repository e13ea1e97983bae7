// Library calls: their checks, and the sub-plans that the simulator runs in their place.
#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "models/collectives/catalogue.h"
#include "models/library/lower.h"
#include "models/plan/plan_builder.h"

namespace twinlink::models {
namespace {

struct Call {
  Operation operation = Operation::all_reduce;
  int ranks = 4;
  std::int64_t elements = 64;  // of one input
};

std::int64_t output_elements(const Call& call, int member) {
  if (call.operation == Operation::all_gather) return call.ranks * call.elements;
  const std::int64_t block = share(member, call.ranks, call.elements).count;
  if (call.operation == Operation::reduce_scatter) return block;
  if (call.operation == Operation::all_to_all) return call.ranks * block;
  return call.elements;
}

struct Members {
  std::vector<BufferId> in, out;
  std::vector<Rank> ranks;
};

Members add_buffers(PlanBuilder& builder, const Call& call) {
  Members members;
  for (int r = 0; r < call.ranks; ++r) {
    const Rank rank{r};
    const Bytes in{4 * call.elements}, out{4 * output_elements(call, r)};
    members.ranks.push_back(rank);
    members.in.push_back(
        builder.add_buffer({rank, BufferRole::input, ElementType::fp32, in, "input"}));
    members.out.push_back(
        builder.add_buffer({rank, BufferRole::output, ElementType::fp32, out, "output"}));
  }
  return members;
}

Slice whole(const PlanBuilder& builder, BufferId buffer) {
  return {buffer, 0, {}, builder.plan().buffer(buffer).size};
}

Plan plan_of(const Call& call) {
  PlanBuilder builder("call", call.ranks);
  const Members members = add_buffers(builder, call);
  const GroupId group = builder.add_group(members.ranks);
  builder.add_claim({call.operation, false, group, 1, members.in, members.out});
  const std::uint32_t id = builder.add_library_call({group, call.operation, "nccl"});
  for (std::size_t r = 0; r < members.ranks.size(); ++r)
    builder.library(builder.add_library_lane(members.ranks[r], 0, LaunchMode::graph), id,
                    whole(builder, members.in[r]), whole(builder, members.out[r]), {});
  return builder.finish();
}

constexpr Operation kOperations[] = {Operation::all_reduce, Operation::reduce_scatter,
                                     Operation::all_gather, Operation::all_to_all,
                                     Operation::broadcast,  Operation::sendrecv};

TEST_CASE("a call gives what its operation's definition says") {
  for (const Operation operation : kOperations)
    for (const int ranks : {1, 2, 3, 8, 13}) {
      const Proof proof = prove(plan_of({operation, ranks, 41}));
      INFO(name_of(operation), ", ", ranks, " ranks");
      CHECK(proof.correct());
    }
}

TEST_CASE("mutation: a call of another operation") {
  Plan plan = plan_of({Operation::broadcast, 4, 64});
  plan.library_calls[0].operation = Operation::all_reduce;
  const Proof proof = prove(plan);
  REQUIRE_FALSE(proof.correct());
  CHECK(proof.findings[0].check == Check::provenance);
  CHECK(proof.wrong_ranks.size() == 4);
}

TEST_CASE("mutation: every operation's row of the catalogue with the call of another") {
  for (const Operation claimed : kOperations)
    for (const Operation called : kOperations) {
      CollectiveRequest request;
      request.operation = claimed;
      request.gpu_of_rank = {0, 1, 2, 3};
      request.bytes = {4 * 42};
      Plan plan = build_plan(find_algorithm(claimed, "nccl"), request);
      plan.library_calls[0].operation = called;
      INFO(name_of(claimed), " called as ", name_of(called));
      CHECK(prove(plan).correct() == (claimed == called));
    }
}

TEST_CASE("mutation: a member that does not come") {
  Plan plan = plan_of({});
  plan.ops.pop_back();
  plan.slices.resize(plan.slices.size() - 2);
  const Proof proof = prove(plan);
  REQUIRE_FALSE(proof.correct());
  CHECK(proof.findings[0].check == Check::deadlock);
  CHECK(proof.findings[0].message ==
        "rank 3: never comes to library call 0, where op 0 of rank 0 waits for it");
}

TEST_CASE("mutation: sizes, members and lanes") {
  Plan small = plan_of({});
  small.slices[1].size = {4 * 60};
  CHECK(prove(small).findings.at(0).message ==
        "rank 0: op 0 has room for 60 elements; all_reduce gives it 64");
  Plan uneven = plan_of({});
  uneven.slices[4].size = uneven.slices[5].size = {4 * 60};
  CHECK(prove(uneven).findings.at(0).message ==
        "rank 2: op 2 adds another number of elements than the first member");
  Plan twice = plan_of({});
  twice.lanes[1].rank = Rank{0};
  CHECK_FALSE(prove(twice).correct());
  Plan elsewhere = plan_of({});
  elsewhere.lanes[2].engine = Engine::copy;
  CHECK(prove(elsewhere).findings.at(0).message ==
        "rank 2: op 2 calls a library outside a library's lane");
  Plan scan = plan_of({});
  scan.library_calls[0].operation = Operation::exscan;
  CHECK_FALSE(prove(scan).correct());
}

// Two communicators over the same ranks; rank 1 calls them in the other order.
TEST_CASE("calls in different orders wait for each other for ever") {
  const auto build = [](bool crossed) {
    PlanBuilder builder("two calls", 2);
    const Members members = add_buffers(builder, {Operation::all_reduce, 2, 8});
    const Members more = add_buffers(builder, {Operation::all_reduce, 2, 8});
    const GroupId group = builder.add_group(members.ranks);
    const std::uint32_t a = builder.add_library_call({group, Operation::all_reduce, "nccl"});
    const std::uint32_t b = builder.add_library_call({group, Operation::all_reduce, "nccl"});
    for (std::size_t r = 0; r < 2; ++r) {
      const LaneId lane = builder.add_library_lane(members.ranks[r], 0, LaunchMode::graph);
      const bool swap = crossed && r == 1;
      for (const bool first : {true, false}) {
        const bool use_a = first != swap;
        const Members& m = use_a ? members : more;
        builder.library(lane, use_a ? a : b, whole(builder, m.in[r]), whole(builder, m.out[r]), {});
      }
    }
    return builder.finish();
  };
  const Proof crossed = prove(build(true));
  REQUIRE_FALSE(crossed.correct());
  CHECK(crossed.findings[0].check == Check::deadlock);
  CHECK(crossed.findings[0].message.find("library call") != std::string::npos);
  // Stored rank by rank the order of ops is none of execution either; the finding says which.
  CHECK(prove(build(false)).findings.at(0).message.find("order of execution") != std::string::npos);
}

TEST_CASE("a call orders no one else's accesses") {
  // Rank 0 writes what rank 1 gives, after its own part: a library need not have waited for rank 1.
  PlanBuilder builder("late write", 2);
  const Members members = add_buffers(builder, {Operation::all_reduce, 2, 8});
  const BufferId scratch =
      builder.add_buffer({Rank{1}, BufferRole::scratch, ElementType::fp32, {32}, "scratch"});
  const GroupId group = builder.add_group(members.ranks);
  const std::uint32_t call = builder.add_library_call({group, Operation::all_reduce, "nccl"});
  const LaneId calls[] = {builder.add_library_lane(Rank{0}, 0, LaunchMode::graph),
                          builder.add_library_lane(Rank{1}, 0, LaunchMode::graph)};
  const LaneId pusher = builder.add_copy_lane(Rank{0}, 0, LaunchMode::graph);
  const LaneId own = builder.add_copy_lane(Rank{1}, 0, LaunchMode::graph);
  const OpId filled = builder.copy(own, whole(builder, members.in[1]), whole(builder, scratch), {});
  const Dep after = dep(filled, Edge::event);
  const OpId first = builder.library(calls[0], call, whole(builder, members.in[0]),
                                     whole(builder, members.out[0]), {});
  builder.library(calls[1], call, whole(builder, scratch), whole(builder, members.out[1]),
                  std::span(&after, 1));
  const Dep done = dep(first, Edge::event);
  builder.copy(pusher, whole(builder, members.in[0]), whole(builder, scratch), std::span(&done, 1));
  const Proof proof = prove(builder.finish());
  REQUIRE_FALSE(proof.correct());
  CHECK(proof.findings[0].check == Check::race);
}

LibraryMachine machine_of(GpuGeneration generation, bool multicast) {
  LibraryMachine machine;
  machine.generation = generation;
  machine.multicast = multicast;
  return machine;
}

void check_lowered(const Call& call, const LibraryMachine& machine) {
  const Plan plan = plan_of(call);
  const LoweredPlan lowered = lower(plan, machine);
  const Proof proof = prove(lowered.plan);
  INFO(name_of(call.operation), ", ", call.ranks, " ranks, ", call.elements, " elements, ",
       lowered.plan.kernels[0].name);
  if (!proof.correct()) FAIL_CHECK(proof.findings[0].message);
  REQUIRE(lowered.first.size() == plan.ops.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    CHECK(lowered.plan.rank_of(lowered.first[i]) == plan.rank_of(OpId{i}));
    CHECK(lowered.first[i] < lowered.last[i]);
  }
}

TEST_CASE("lowered calls are proved: rings, switches and pairs, small and large, ragged") {
  for (const Operation operation : kOperations)
    for (const int ranks : {1, 2, 3, 4, 5, 8, 33})
      for (const std::int64_t elements : {std::int64_t{1}, std::int64_t{1'003},
                                          std::int64_t{1'500'001}, std::int64_t{20'000'003}}) {
        if (ranks > 8 && elements > 1'003) continue;  // seconds each
        for (const bool multicast : {false, true})
          check_lowered({operation, ranks, elements}, machine_of(GpuGeneration::hopper, multicast));
      }
}

TEST_CASE("lowered calls are proved: trees across domains") {
  LibraryMachine machine = machine_of(GpuGeneration::hopper, true);
  for (int gpu = 0; gpu < 32; ++gpu) machine.domain_of_gpu.push_back(gpu / 4);
  const Call call{Operation::all_reduce, 32, 1'001};
  CHECK(lower(plan_of(call), machine).plan.kernels[0].name == "nccl all_reduce tree ll");
  check_lowered(call, machine);
}

TEST_CASE("a lowered ring has NCCL's channels and protocol") {
  const Plan plan =
      lower(plan_of({Operation::all_reduce, 4, 1 << 20}), machine_of(GpuGeneration::hopper, true))
          .plan;  // 4 MiB: LL128
  CHECK(plan.kernels[0].name == "nccl all_reduce ring ll128");
  int channels = 0, inline_edges = 0;
  for (const Lane& lane : plan.lanes)
    if (lane.rank == Rank{0} && lane.protocol == Protocol::ll128) ++channels;
  for (const Dep& d : plan.deps) inline_edges += d.kind() == Edge::inline_ll128 ? 1 : 0;
  CHECK(channels == 24);
  // 2 (P-1) pushes, all but the first behind the left's, and the end behind the last.
  CHECK(inline_edges == 24 * 4 * (6 - 1 + 1));
}

// What a lowered call moves, of one member: NCCL's primitives, and bytes by where they are written.
struct Moved {
  int stages = 0;
  std::int64_t sent = 0, kept = 0;  // into the buffers of others; into the own output
};

Moved moved_by(const Plan& plan, Rank rank) {
  Moved moved;
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const OpId id{i};
    if (plan.rank_of(id) != rank || plan.lane(plan.op(id).lane).protocol == Protocol::plain)
      continue;
    ++moved.stages;
    for (const Slice& to : plan.destinations(id)) {
      const Buffer& buffer = plan.buffer(to.buffer);
      (buffer.rank == rank ? moved.kept : moved.sent) += to.size.count;
      // Unregistered buffers: nobody writes into another's output, but into NCCL's buffers there.
      CHECK(buffer.role == (buffer.rank == rank ? BufferRole::output : BufferRole::scratch));
    }
  }
  return moved;
}

TEST_CASE("stages of a lowered call, counted by hand") {
  struct Expected {
    Operation operation;
    int stages;
    std::int64_t sent, kept;
  };
  // 4 ranks that bring 32 floats, 128 bytes, through one channel, in LL.
  const Expected rows[] = {
      {Operation::all_reduce, 7, 6 * 32, 128},       // send, 2 RRS, RRCS, 2 RCS, recv of 32 bytes
      {Operation::reduce_scatter, 4, 3 * 32, 32},    // send, 2 RRS, recvReduceCopy
      {Operation::all_gather, 4, 3 * 128, 4 * 128},  // copySend, 2 RCS, recv of whole inputs
      {Operation::all_to_all, 7, 3 * 32, 128},       // 3 sends, 3 recvs, the own part
      {Operation::sendrecv, 2, 128, 128},            // send, recv
      {Operation::broadcast, 1, 128, 128}};          // the root: copySend
  for (const Expected& row : rows) {
    const Plan plan =
        lower(plan_of({row.operation, 4, 32}), machine_of(GpuGeneration::hopper, false)).plan;
    INFO(plan.kernels[0].name);
    const Moved moved = moved_by(plan, Rank{0});
    CHECK(moved.stages == row.stages);
    CHECK(moved.sent == row.sent);
    CHECK(moved.kept == row.kept);
    // A broadcast's last member only copies out.
    const Moved last = moved_by(plan, Rank{3});
    CHECK(last.sent == (row.operation == Operation::broadcast ? 0 : row.sent));
  }
}

TEST_CASE("stages of a lowered tree, counted by hand") {
  LibraryMachine machine = machine_of(GpuGeneration::hopper, false);
  for (int gpu = 0; gpu < 32; ++gpu) machine.domain_of_gpu.push_back(gpu / 4);
  const Plan plan = lower(plan_of({Operation::all_reduce, 32, 32}), machine).plan;
  REQUIRE(plan.kernels[0].name == "nccl all_reduce tree ll");
  // The root sums and sends down at once; a leaf sends up and copies out; others also send down.
  CHECK(moved_by(plan, Rank{0}).stages == 1);
  CHECK(moved_by(plan, Rank{3}).stages == 2);
  CHECK(moved_by(plan, Rank{3}).sent == 128);
  CHECK(moved_by(plan, Rank{1}).sent == 2 * 128);
}

TEST_CASE("mutation: a receiver that does not copy out") {
  for (const Operation operation : kOperations) {
    Plan plan = lower(plan_of({operation, 4, 32}), machine_of(GpuGeneration::hopper, false)).plan;
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
      const Op& op = plan.ops[i];
      if (op.kind != OpKind::copy || op.sources != 1) continue;
      Slice& from = plan.slices[op.first_slice];
      Slice& to = plan.slices[op.first_slice + 1];
      if (plan.buffer(from.buffer).role != BufferRole::scratch || to.size.count == 0) continue;
      from.size = to.size = {};
      break;
    }
    INFO(name_of(operation));
    CHECK(prove(plan).correct() == (operation == Operation::reduce_scatter));  // it has none
  }
}

// Channels of Simple come one after another, those of LL at once.
TEST_CASE("starts of a lowered call's channels") {
  const auto starts = [](std::int64_t elements) {
    const Plan plan = lower(plan_of({Operation::all_to_all, 2, elements}),
                            machine_of(GpuGeneration::hopper, false))
                          .plan;
    int count = 0;
    for (std::size_t i = 0; i < plan.ops.size(); ++i)
      count += plan.ops[i].kind == OpKind::compute && plan.rank_of(OpId{i}) == Rank{0} ? 1 : 0;
    return count;
  };
  CHECK(starts(1024) == 1);           // 2 KiB for the peer: LL
  CHECK(starts(2 * 65536) == 1 + 4);  // 256 KiB for the peer: 4 channels of 64 KiB
  CHECK(starts(1 << 24) == 1 + 16);   // 32 channels for two peers, of which one is itself
}

TEST_CASE("mutation: a lowered ring without one of its flags") {
  Plan plan =
      lower(plan_of({Operation::all_reduce, 3, 1'003}), machine_of(GpuGeneration::hopper, false))
          .plan;
  for (Dep& d : plan.deps)
    if (d.kind() == Edge::inline_ll) {
      d = dep(d.id(), Edge::flag_relaxed);
      break;
    }
  CHECK_FALSE(prove(plan).correct());
}

}  // namespace
}  // namespace twinlink::models
