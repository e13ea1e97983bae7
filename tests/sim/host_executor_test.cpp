#include "sim/host_executor.h"

#include <doctest/doctest.h>

#include <cmath>

#include "models/plan/plan_builder.h"
#include "sim/host_memory.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::models;
using namespace twinlink::sim;

namespace {

Numbers numbers_of(const Plan& plan, const Inputs& inputs = {}) {
  return HostExecutor().execute(plan, inputs).numbers.value();
}

Numbers exact_numbers_of(const Plan& plan) {
  Inputs inputs;
  inputs.arithmetic = Arithmetic::exact;
  return numbers_of(plan, inputs);
}

std::string refusal(const Plan& plan, const Inputs& inputs = {}) {
  try {
    HostExecutor().execute(plan, inputs);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// One group of P ranks with a lane, an input and an output each.
struct Members {
  Members(PlanBuilder& builder, const std::vector<Rank>& ranks, Bytes size,
          ElementType element = ElementType::fp32)
      : group(builder.add_group(ranks)) {
    for (const Rank rank : ranks) {
      lanes.push_back(builder.add_sm_lane(builder.add_kernel({rank, LaunchMode::graph, "k"}), {}));
      inputs.push_back(builder.add_buffer({rank, BufferRole::input, element, size, "in"}));
      outputs.push_back(builder.add_buffer({rank, BufferRole::output, element, size, "out"}));
    }
  }
  GroupId group;
  std::vector<LaneId> lanes;
  std::vector<BufferId> inputs, outputs;
};

std::vector<Rank> first_ranks(int count) {
  std::vector<Rank> ranks;
  for (int r = 0; r < count; ++r) ranks.push_back(Rank{r});
  return ranks;
}

Slice whole(const PlanBuilder& b, BufferId buffer, int power = 0) {
  return {buffer, power, {}, b.plan().buffer(buffer).size};
}

// Every member reads all inputs and adds them in its own rotation.
void add_one_shot(PlanBuilder& b, const Members& m) {
  b.add_claim({Operation::all_reduce, false, m.group, 1, m.inputs, m.outputs});
  const std::size_t n = m.inputs.size();
  for (std::size_t r = 0; r < n; ++r) {
    std::vector<Slice> sources;
    for (std::size_t k = 0; k < n; ++k) sources.push_back(whole(b, m.inputs[(r + k) % n]));
    const Slice to = whole(b, m.outputs[r]);
    b.reduce(m.lanes[r], Operator::sum, sources, std::span(&to, 1), {});
  }
}

// Member p folds the inputs before it: input j has p - 1 - j members behind it.
void add_gather_exscan(PlanBuilder& b, const Members& m, std::int32_t heads) {
  b.add_claim({Operation::exscan, false, m.group, heads, m.inputs, m.outputs});
  for (std::size_t p = 0; p < m.inputs.size(); ++p) {
    std::vector<Slice> sources;
    for (std::size_t j = 0; j < p; ++j)
      sources.push_back(whole(b, m.inputs[j], static_cast<int>(p - 1 - j)));
    const Slice to = whole(b, m.outputs[p]);
    b.reduce(m.lanes[p], Operator::decay_sum, sources, std::span(&to, 1), {});
  }
}

Plan gather_exscan(int ranks, std::int32_t heads = 1) {
  PlanBuilder b("exscan/gather", ranks);
  add_gather_exscan(b, Members(b, first_ranks(ranks), Bytes{40}), heads);
  return b.finish();
}

}  // namespace

TEST_CASE("all_reduce is exact in every element type, whatever the order") {
  for (const ElementType element : {ElementType::fp32, ElementType::fp64, ElementType::bf16,
                                    ElementType::fp16, ElementType::u32}) {
    for (const int ranks : {1, 2, 7, 72}) {
      PlanBuilder b("all_reduce/one_shot", ranks);
      add_one_shot(b, Members(b, first_ranks(ranks), Bytes{24}, element));
      const Plan plan = b.finish();
      CAPTURE(name_of(element));
      CAPTURE(ranks);
      CHECK(numbers_of(plan).max_error == 0);
      CHECK(numbers_of(plan).reason == "");
      CHECK(exact_numbers_of(plan).correct);
    }
  }
}

TEST_CASE("several groups, claims and empty buffers in one plan") {
  PlanBuilder b("mixed", 4);
  add_one_shot(b, Members(b, {Rank{3}, Rank{1}}, Bytes{16}));
  add_gather_exscan(b, Members(b, {Rank{0}, Rank{2}, Rank{1}}, Bytes{28}), 2);
  add_one_shot(b, Members(b, {Rank{0}, Rank{2}}, Bytes{0}));
  const Plan plan = b.finish();
  Inputs inputs;
  inputs.decays = {0.9, 0.3};
  CHECK(numbers_of(plan, inputs).correct);
  CHECK(exact_numbers_of(plan).correct);
}

TEST_CASE("in place: ring of two adds into inout buffers") {
  PlanBuilder b("all_reduce/pair", 2);
  Members m(b, first_ranks(2), Bytes{32});
  std::vector<BufferId> inout;
  for (int r = 0; r < 2; ++r)
    inout.push_back(
        b.add_buffer({Rank{r}, BufferRole::inout, ElementType::fp32, Bytes{32}, "inout"}));
  b.add_claim({Operation::all_reduce, false, m.group, 1, inout, inout});
  const Slice both[] = {whole(b, inout[0]), whole(b, inout[1])};
  const OpId sum = b.reduce(m.lanes[0], Operator::sum, both, std::span(both, 1), {});
  const Dep after[] = {dep(sum)};
  b.copy(m.lanes[1], both[0], both[1], after);
  CHECK(numbers_of(b.plan()).correct);
  CHECK(exact_numbers_of(b.plan()).correct);
}

TEST_CASE("copies: pairwise, one to many, and ops that move no data") {
  PlanBuilder b("broadcast", 3);
  const Members m(b, first_ranks(3), Bytes{8});
  b.add_claim({Operation::broadcast, false, m.group, 1, m.inputs, m.outputs});
  const Slice root = whole(b, m.inputs[0]);
  std::vector<Slice> to;
  for (const BufferId out : m.outputs) to.push_back(whole(b, out));
  b.compute(m.lanes[0], {"work", 1e6, Bytes{64}}, {}, std::span(to).first(1), {});
  b.copy(m.lanes[0], std::span(&root, 1), std::span(to).first(2), {});
  const std::uint32_t meeting = b.add_rendezvous({m.group, Edge::flag_fenced});
  for (const LaneId lane : m.lanes) b.barrier(lane, meeting, {});
  // The third output in two halves.
  const Slice from[] = {{m.outputs[1], 0, Bytes{0}, Bytes{4}},
                        {m.outputs[1], 0, Bytes{4}, Bytes{4}}};
  const Slice halves[] = {{m.outputs[2], 0, Bytes{0}, Bytes{4}},
                          {m.outputs[2], 0, Bytes{4}, Bytes{4}}};
  b.copy(m.lanes[2], from, halves, {});
  CHECK(numbers_of(b.plan()).correct);
  CHECK(exact_numbers_of(b.plan()).correct);
}

TEST_CASE("an exscan is right in both arithmetics, for all decays") {
  Inputs inputs;
  for (const double x : {0.0, 0.01, 0.1, 1.0, 16.0, 100.0, 1000.0})
    inputs.decays.push_back(std::exp(-x));
  for (const int ranks : {1, 2, 5, 33}) {
    const Plan plan = gather_exscan(ranks, 7);
    CAPTURE(ranks);
    CHECK(numbers_of(plan, inputs).correct);
    CHECK(numbers_of(plan, inputs).max_error <= 1e-6);
    CHECK(exact_numbers_of(plan).correct);
  }
}

TEST_CASE("an output nobody writes is caught") {
  Plan plan = gather_exscan(3);
  plan.slices.pop_back();
  plan.slices.resize(plan.ops.back().first_slice);
  plan.ops.pop_back();  // member 2's fold
  CHECK(numbers_of(plan).reason.find("rank 2 (member 2 of exscan): element 0 is nan, expected ") ==
        0);
  CHECK_FALSE(numbers_of(plan).correct);
  // 0xDEADBEEF = 3735928559
  CHECK(exact_numbers_of(plan).reason.find(
            "rank 2 (member 2 of exscan): element 0 is 3735928559, expected ") == 0);
}

TEST_CASE("mutations of a scan are caught in exact arithmetic") {
  const Plan right = gather_exscan(4);
  REQUIRE(exact_numbers_of(right).correct);
  const std::uint32_t last = right.ops.back().first_slice;  // sources 0, 1, 2 with powers 2, 1, 0
  SUBCASE("two sources in the wrong order") {
    Plan plan = right;
    std::swap(plan.slices[last].buffer, plan.slices[last + 1].buffer);
    CHECK(exact_numbers_of(plan).reason.find("rank 3 (member 3 of exscan): element 0 is") == 0);
  }
  SUBCASE("swapped decay powers") {
    Plan plan = right;
    std::swap(plan.slices[last].decay_power, plan.slices[last + 1].decay_power);
    CHECK_FALSE(exact_numbers_of(plan).correct);
    Inputs inputs;
    inputs.decays = {0.5};
    CHECK_FALSE(numbers_of(plan, inputs).correct);
  }
  SUBCASE("a power too many") {
    Plan plan = right;
    plan.slices[last].decay_power = 3;
    CHECK_FALSE(exact_numbers_of(plan).correct);
  }
  SUBCASE("an inclusive result") {
    Plan plan = right;
    plan.claims[0].operation = Operation::scan;
    CHECK_FALSE(exact_numbers_of(plan).correct);
  }
  SUBCASE("the other direction") {
    Plan plan = right;
    plan.claims[0].suffix = true;
    CHECK_FALSE(exact_numbers_of(plan).correct);
    CHECK_FALSE(numbers_of(plan).correct);
  }
}

TEST_CASE("a copy of the wrong slice is caught") {
  for (const bool wrong : {false, true}) {
    PlanBuilder b("sendrecv", 2);
    const Members m(b, first_ranks(2), Bytes{16});
    b.add_claim({Operation::sendrecv, false, m.group, 1, m.inputs, m.outputs});
    b.copy(m.lanes[0], whole(b, m.inputs[1]), whole(b, m.outputs[0]), {});
    const Bytes second{wrong ? 4 : 8};  // elements 2 and 3 come from 1 and 2
    const Slice from[] = {{m.inputs[0], 0, {}, Bytes{8}}, {m.inputs[0], 0, second, Bytes{8}}};
    const Slice to[] = {{m.outputs[1], 0, {}, Bytes{8}}, {m.outputs[1], 0, Bytes{8}, Bytes{8}}};
    b.copy(m.lanes[1], from, to, {});
    CHECK(numbers_of(b.plan()).correct == !wrong);
    CHECK(exact_numbers_of(b.plan()).correct == !wrong);
    if (wrong)
      CHECK(numbers_of(b.plan()).reason.find("rank 1 (member 1 of sendrecv): element 2 is") == 0);
  }
}

TEST_CASE("a plan without claims has no numbers") {
  PlanBuilder b("nothing", 1);
  CHECK_FALSE(HostExecutor().execute(b.plan(), {}).numbers.has_value());
}

TEST_CASE("more than 8 GiB is refused with the size, before it is allocated") {
  PlanBuilder b("large", 1);
  const BufferId in =
      b.add_buffer({Rank{0}, BufferRole::inout, ElementType::fp32, gib(3), "inout"});
  b.add_claim({Operation::broadcast, false, b.add_group({Rank{0}}), 1, {in}, {in}});
  // 3 GiB of buffer, and outputs and definition as doubles: 2 x 8 / 4 x 3 = 12 GiB.
  CHECK(refusal(b.plan()) ==
        "plan large needs 15.0 GiB of host memory to compute its numbers, the limit is 8.0 GiB; "
        "take fewer ranks or bytes, or executor sim");
}

TEST_CASE("plans that cannot run on arrays are refused by op and rank") {
  const Plan right = gather_exscan(3);
  const std::uint32_t last = right.ops.back().first_slice;
  const std::string op = "plan exscan/gather: op 2 on rank 2: ";
  Plan plan = right;
  SUBCASE("outside the buffer") {
    plan.slices[last].offset = Bytes{4};
    CHECK(refusal(plan) == op + "a slice lies outside buffer in");
    plan.slices[last].offset = Bytes{-4};
    CHECK(refusal(plan) == op + "a slice lies outside buffer in");
  }
  SUBCASE("part of an element") {
    plan.slices[last].size = Bytes{38};
    CHECK(refusal(plan) == op + "a slice of buffer in is not whole elements");
  }
  SUBCASE("sizes differ") {
    plan.slices[last].size = Bytes{36};
    CHECK(refusal(plan) == op + "slices of different sizes");
  }
  SUBCASE("element types differ") {
    plan.buffers[plan.slices[last].buffer.index()].element = ElementType::bf16;
    CHECK(refusal(plan) == "plan exscan/gather: op 1 on rank 1: slices of different element types");
  }
  SUBCASE("no buffer") {
    plan.slices[last].buffer = BufferId{99};
    CHECK(refusal(plan) == op + "a slice names no buffer");
  }
  SUBCASE("no operator") {
    plan.ops.back().oper = Operator::none;
    CHECK(refusal(plan) == op + "a reduce needs an operator");
  }
  SUBCASE("decay_sum on something else") {
    plan.claims[0].operation = Operation::all_reduce;
    CHECK(refusal(plan) ==
          "plan exscan/gather: op 1 on rank 1: decay_sum reads buffer in, which "
          "is not the state of one scan claim");
  }
  SUBCASE("claims that cannot be meant") {
    plan.claims[0].heads = 0;
    CHECK(refusal(plan) == "plan exscan/gather: claim exscan: 0 heads; at least 1 is needed");
    plan.claims[0].heads = 1;
    plan.claims[0].outputs[1] = BufferId{77};
    CHECK(refusal(plan) == "plan exscan/gather: claim exscan: buffer 77 does not exist");
    plan.claims[0].outputs.pop_back();
    CHECK(refusal(plan) == "plan exscan/gather: claim exscan: 3 inputs but 2 outputs");
  }
  SUBCASE("a decay is missing") {
    Inputs inputs;
    inputs.decays = {0.5};
    plan.claims[0].heads = 2;
    CHECK(refusal(plan, inputs) == "head 1 has no decay: 1 decays are given, one per head");
  }
}
