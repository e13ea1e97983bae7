// Plans on real devices give the numbers of the definition. Skipped without a device.
#include "models/plan/plan_builder.h"
#include "tests/gpu/pair_plans.h"
#include "tests/realgpu/gpu_support.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::testing;
using models::ElementType;
using models::Operation;

namespace {

// Multiple of everything, ragged, ragged and odd, fewer elements than ranks.
const std::vector<Bytes> kSizes{kib(64), Bytes{4 * 10'007}, Bytes{4 * 1'031}, Bytes{4}};

}  // namespace

TEST_CASE("every all-reduce gives the sum, ragged shares included") {
  if (no_device()) return;
  for (const std::string name : {"ring", "one_shot", "two_shot"})
    for (const int ranks : {2, 3, 8})
      for (const Bytes bytes : kSizes) {
        CAPTURE(name);
        CAPTURE(ranks);
        CAPTURE(bytes.count);
        check_both_modes(build(request(Operation::all_reduce, ranks, bytes), name));
      }
}

TEST_CASE("pushes into scratch: words, lines and flags, ragged shares included") {
  if (no_device()) return;
  for (const Operation operation :
       {Operation::reduce_scatter, Operation::all_gather, Operation::all_to_all})
    for (const int ranks : {2, 3, 8})
      for (const Bytes bytes : {kib(64), Bytes{4 * 10'007}, Bytes{4}, mib(2), mib(12)}) {
        CAPTURE(std::string(models::name_of(operation)));
        CAPTURE(ranks);
        CAPTURE(bytes.count);
        check_both_modes(build(request(operation, ranks, bytes), "push"));
      }
  for (const Bytes bytes : {kib(4), Bytes{4 * 10'007}, mib(1), mib(8)})
    check_both_modes(build(request(Operation::all_reduce, 3, bytes), "one_shot_push"));
}

TEST_CASE("every element type is summed exactly") {
  if (no_device()) return;
  for (const ElementType element : {ElementType::fp32, ElementType::fp64, ElementType::bf16,
                                    ElementType::fp16, ElementType::u32}) {
    CAPTURE(std::string(models::name_of(element)));
    auto wanted = request(Operation::all_reduce, 4, Bytes{8 * 5'003});
    wanted.element = element;
    check_both_modes(build(wanted, "two_shot"));
  }
}

TEST_CASE("all-to-all moves every block") {
  if (no_device()) return;
  for (const Bytes bytes : kSizes)
    check_both_modes(build(request(Operation::all_to_all, 4, bytes), "direct"));
}

TEST_CASE("exclusive scans with decay, both directions, several heads") {
  if (no_device()) return;
  models::Inputs inputs;
  inputs.decays = {0.0, 0.5, 0.9, 1.0};
  for (const std::string name : {"ring_coupled", "ring_decoupled", "blelloch"})
    for (const bool suffix : {false, true})
      for (const Bytes bytes : {kib(64), Bytes{4 * 1'031}}) {
        CAPTURE(name);
        CAPTURE(suffix);
        auto wanted = request(Operation::exscan, 5, bytes);
        wanted.suffix = suffix;
        wanted.heads = 4;
        check_both_modes(build(wanted, name), inputs);
      }
}

TEST_CASE("scan_reduce gives every prefix, of all element types, aligned or not") {
  if (no_device()) return;
  models::Inputs inputs;
  inputs.decays = {0.0, 0.5, 0.9, 1.0};
  for (const ElementType element :
       {ElementType::fp32, ElementType::fp64, ElementType::bf16, ElementType::fp16})
    for (const Bytes bytes : {kib(64), Bytes{8 * 1'031}}) {
      CAPTURE(std::string(models::name_of(element)));
      CAPTURE(bytes.count);
      auto wanted = request(Operation::exscan, 6, bytes);
      wanted.element = element;
      wanted.heads = 4;
      wanted.shape = {16, 256, 16, 2};
      check_both_modes(transpose_exscan(wanted), inputs);
    }
  inputs.arithmetic = models::Arithmetic::exact;
  auto wanted = request(Operation::exscan, 5, Bytes{4 * 2'003});
  wanted.heads = 4;
  check_both_modes(transpose_exscan(wanted), inputs);
}

TEST_CASE("exact arithmetic: scans equal the definition bit for bit") {
  if (no_device()) return;
  models::Inputs inputs;
  inputs.arithmetic = models::Arithmetic::exact;
  auto wanted = request(Operation::exscan, 6, Bytes{4 * 2'003});
  wanted.heads = 3;
  for (const std::string name : {"ring_decoupled", "blelloch"})
    check_both_modes(build(wanted, name), inputs);
  wanted.element = ElementType::bf16;  // stored as u32 all the same
  check_both_modes(build(wanted, "ring_decoupled"), inputs);
}

TEST_CASE("all ranks on one device, eager launches, other launch shapes") {
  if (no_device()) return;
  auto wanted = request(Operation::all_reduce, 4, kib(256));
  wanted.gpu_of_rank = spread(4, true);
  check_both_modes(build(wanted, "two_shot"));
  wanted.launch = models::LaunchMode::eager;
  check_both_modes(build(wanted, "two_shot"));
  for (const std::int16_t loads : std::initializer_list<std::int16_t>{2, 4, 8}) {
    wanted.shape = {8, 256, 16, loads};
    check_both_modes(build(wanted, "ring"));
  }
  wanted.shape = {8, 256, 4, 1};  // one element a load
  check_both_modes(build(wanted, "one_shot"));
}

TEST_CASE("copy engines move blocks between ranks") {
  if (no_device()) return;
  models::PlanBuilder builder("exchange", spread(2));
  const Bytes block{4 * 1'003};
  models::Claim claim{
      Operation::all_to_all, false, builder.add_group({Rank{0}, Rank{1}}), 1, {}, {}};
  for (int r = 0; r < 2; ++r) {
    claim.inputs.push_back(builder.add_buffer(
        {Rank{r}, models::BufferRole::input, ElementType::fp32, block * 2, "input"}));
    claim.outputs.push_back(builder.add_buffer(
        {Rank{r}, models::BufferRole::output, ElementType::fp32, block * 2, "output"}));
  }
  for (int r = 0; r < 2; ++r) {
    const LaneId lane = builder.add_copy_lane(Rank{r}, 0, models::LaunchMode::graph);
    for (int s = 0; s < 2; ++s)  // block s of rank r goes to block r of rank s
      builder.copy(lane, {claim.inputs[static_cast<std::size_t>(r)], 0, block * s, block},
                   {claim.outputs[static_cast<std::size_t>(s)], 0, block * r, block}, {});
  }
  builder.add_claim(claim);
  check_correct(execute(builder.finish(), {}, false, realgpu::Mode::stream));
}

TEST_CASE("a plan that forgets an op is caught by its numbers, and gets no time") {
  if (no_device()) return;
  models::Plan plan = build(request(Operation::all_reduce, 2, kib(64)), "one_shot");
  auto last = plan.ops.size();
  while (plan.ops[last - 1].kind != models::OpKind::reduce) --last;
  plan.slices[plan.ops[last - 1].first_slice] = plan.slices[plan.ops[last - 1].first_slice + 1];
  const models::Execution execution = execute(plan);
  REQUIRE(execution.numbers.has_value());
  CHECK_FALSE(execution.numbers->correct);
  CHECK_FALSE(execution.numbers->reason.empty());
  CHECK(execution.samples.empty());
  CHECK(execution.timeline.empty());
}

TEST_CASE("what cannot run here is refused with a reason") {
  if (no_device()) return;
  auto wanted = request(Operation::all_reduce, 2, kib(4));
  wanted.gpu_of_rank = {0, 1000};
  CHECK_THROWS_AS(execute(build(wanted, "ring")), UnsupportedError);
  wanted.gpu_of_rank = spread(2);
  wanted.shape.loads_in_flight = 3;
  CHECK_THROWS_AS(execute(build(wanted, "ring")), UnsupportedError);
}
