// Fused mode on real devices: what stream mode has no counterpart for. Skipped without a device,
// and where kernels of two devices cannot run at the same time.
#include "models/plan/plan_builder.h"
#include "tests/gpu/pair_plans.h"
#include "tests/realgpu/gpu_support.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::testing;
using models::ElementType;
using models::Operation;

namespace {

bool cannot_fuse() { return no_device() || stream_only(); }

PushRequest pushing(int ranks, Bytes bytes, const models::LaneShape& shape = {}) {
  PushRequest request;
  request.gpu_of_rank = spread(ranks);
  request.bytes = bytes;
  request.shape = shape;
  return request;
}

void check_fused(const models::Plan& plan, const models::Inputs& inputs = {},
                 std::uint64_t delay_seed = 0) {
  realgpu::Options options = few_samples(realgpu::Mode::fused);
  options.delay_seed = delay_seed;
  check_correct(realgpu::make_realgpu(options)->execute(plan, inputs));
}

}  // namespace

TEST_CASE("fused: pushes, inline or in two shots, of all element types and sizes") {
  if (cannot_fuse()) return;
  for (const ElementType element : {ElementType::fp32, ElementType::fp64, ElementType::bf16,
                                    ElementType::fp16, ElementType::u32})
    for (const Bytes bytes : {Bytes{16}, kib(1), kib(64), Bytes{8 * 10'007}, mib(3)})
      for (const int ranks : {2, 3}) {
        CAPTURE(std::string(models::name_of(element)));
        CAPTURE(bytes.count);
        PushRequest request = pushing(ranks, bytes, {16, 256, 16, 4});
        request.element = element;
        check_fused(one_shot_push(request));
        request.edge = models::Edge::inline_ll128;
        check_fused(one_shot_push(request));
        check_fused(two_shot_push(request));
      }
}

// Not left out under a memory checker: one launch, which no other has to meet.
TEST_CASE("fused on one device: flags, inline data, folds, scans and odd sizes") {
  if (no_device()) return;
  PushRequest request = pushing(3, kib(8), {4, 128, 16, 4});
  request.gpu_of_rank = spread(3, true);
  for (const models::Edge edge : {models::Edge::inline_ll, models::Edge::inline_ll128}) {
    request.edge = edge;
    check_fused(one_shot_push(request));
  }
  request.bytes = Bytes{4 * 1'031};
  check_fused(one_shot_push(request));
  check_fused(two_shot_push(request));
  models::CollectiveRequest scan;
  scan.operation = Operation::exscan;
  scan.gpu_of_rank = request.gpu_of_rank;
  scan.bytes = request.bytes;
  scan.shape = request.shape;
  scan.heads = 3;
  models::Inputs inputs;
  inputs.decays = {0.5, 0.9, 1.0};
  check_fused(build(scan, "blelloch"), inputs);
  check_fused(transpose_exscan(scan), inputs);
}

TEST_CASE("fused: 8 and 16 ranks share the devices") {
  if (cannot_fuse()) return;
  models::Inputs inputs;
  inputs.decays = {0.9};
  for (const int ranks : {8, 16}) {
    CAPTURE(ranks);
    const models::LaneShape shape{8, 256, 16, 2};
    check_fused(two_shot_push(pushing(ranks, kib(256), shape)));
    check_fused(one_shot_push(pushing(ranks, kib(16), shape)));
    auto wanted = request(Operation::exscan, ranks, kib(64));
    wanted.shape = shape;
    for (const std::string name : {"ring_decoupled", "blelloch"})
      check_fused(build(wanted, name), inputs);
  }
}

TEST_CASE("fused: ops of other splits than their producers wait for all blocks") {
  if (cannot_fuse()) return;
  models::Plan plan = build(request(Operation::all_reduce, 4, Bytes{4 * 10'007}), "two_shot");
  for (auto& op : plan.ops)
    if (op.kind == models::OpKind::copy) op.split = models::Split::strided;
  check_fused(plan);
}

TEST_CASE("fused: random delays around every flag change no number") {
  if (cannot_fuse()) return;
  models::Inputs inputs;
  inputs.arithmetic = models::Arithmetic::exact;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    for (const std::string name : {"ring", "one_shot", "two_shot"})
      check_fused(build(request(Operation::all_reduce, 4, kib(64)), name), inputs, seed);
    for (const std::string name : {"ring_decoupled", "blelloch"})
      check_fused(build(request(Operation::exscan, 5, Bytes{4 * 1'031}), name), inputs, seed);
    PushRequest inlined = pushing(4, kib(16));
    check_fused(one_shot_push(inlined), inputs, seed);
    inlined.edge = models::Edge::inline_ll128;
    check_fused(one_shot_push(inlined), inputs, seed);
    check_fused(two_shot_push(pushing(4, kib(256))), inputs, seed);
  }
}

TEST_CASE("fused: small sizes a thousand times in a row") {
  if (cannot_fuse()) return;
  realgpu::Options options = few_samples(realgpu::Mode::fused);
  options.repeats = 20;  // 100 launches a sample
  options.iterations = 10;
  const auto executor = realgpu::make_realgpu(options);
  PushRequest lines = pushing(2, kib(100));
  lines.edge = models::Edge::inline_ll128;
  for (const models::Plan& plan :
       {one_shot_push(pushing(2, kib(1))), one_shot_push(lines), two_shot_push(pushing(2, kib(4))),
        build(request(Operation::exscan, 4, kib(1)), "ring_decoupled")}) {
    const models::Execution run = executor->execute(plan, {});
    REQUIRE(run.numbers.has_value());
    CHECK_MESSAGE(run.numbers->correct, run.numbers->reason);
    CHECK(run.samples.size() == 10);
  }
}

TEST_CASE("every algorithm of the catalogue at small sizes, a thousand times in a row") {
  if (cannot_fuse()) return;
  realgpu::Options options = few_samples(realgpu::Mode::automatic);
  options.repeats = 20;  // 100 launches a sample in fused mode
  options.iterations = 10;
  const auto executor = realgpu::make_realgpu(options);
  for (const models::Algorithm& algorithm : models::catalogue()) {
    if (algorithm.needs != models::Needs::nothing || algorithm.closed_form == nullptr) continue;
    for (const Bytes bytes : {kib(1), kib(16)}) {
      auto wanted = request(algorithm.operation, 2, bytes);
      wanted.shape = {4, 256, 16, 4};
      CAPTURE(std::string(algorithm.name));
      CAPTURE(std::string(models::name_of(algorithm.operation)));
      CAPTURE(bytes.count);
      const models::Execution run = executor->execute(models::build_plan(algorithm, wanted), {});
      REQUIRE(run.numbers.has_value());
      CHECK_MESSAGE(run.numbers->correct, run.numbers->reason);
    }
  }
}

TEST_CASE("fused: a launch that waits too long is ended, and says which op of which rank waits") {
  if (cannot_fuse()) return;
  models::PlanBuilder builder("slow", spread(2));
  const models::LaneShape shape{1, 256, 16, 1};
  std::vector<LaneId> lanes;
  for (int r = 0; r < 2; ++r)
    lanes.push_back(
        builder.add_sm_lane(builder.add_kernel({Rank{r}, models::LaunchMode::graph, "k"}), shape));
  // One CTA of at most 0.5 TFLOP/s: 1e11 FLOP take 0.2 s or more, against a patience of 10 ms.
  const OpId slow = builder.compute(lanes[0], {"slow", 1e11, {}}, {}, {}, {});
  const models::Dep after[] = {models::dep(slow)};
  builder.compute(lanes[1], {"next", 1e3, {}}, {}, {}, after);
  realgpu::Options options = few_samples(realgpu::Mode::fused);
  options.patience_s = 0.01;
  std::string message;
  try {
    realgpu::make_realgpu(options)->execute(builder.finish(), {});
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  CHECK_MESSAGE(message.find("op 1 (compute) of rank 1") != std::string::npos, message);
  CHECK_MESSAGE(message.find("op 0 (compute) of rank 0") != std::string::npos, message);
}

TEST_CASE("fused: too many blocks are refused with the numbers, or run in stream mode") {
  if (cannot_fuse()) return;
  auto wanted = request(Operation::all_reduce, 2, kib(64));
  wanted.shape = {4'000, 1'024, 16, 1};
  const models::Plan plan = build(wanted, "one_shot");
  CHECK_THROWS_AS(execute(plan, {}, false, realgpu::Mode::fused), UnsupportedError);
  std::string note;
  realgpu::Options options = few_samples(realgpu::Mode::automatic);
  options.note = [&](const std::string& text) { note = text; };
  check_correct(realgpu::make_realgpu(options)->execute(plan, {}));
  CHECK_MESSAGE(note.find("000 CTAs of 1024 threads") != std::string::npos, note);
}

// Lane i of those that run on SMs has 1, 2, 4, 8, 1, ... loads in flight.
void vary_loads(models::Plan& plan) {
  std::uint8_t next = 0;
  for (models::Lane& lane : plan.lanes)
    if (lane.engine == models::Engine::sm)
      lane.loads_in_flight = static_cast<std::int16_t>(1 << (next++ % 4));
}

TEST_CASE("fused: lanes of different loads in flight in one launch") {
  if (cannot_fuse()) return;
  for (const Bytes bytes : {kib(16), Bytes{1'000'004}}) {
    models::Plan copies = two_shot_copies(pushing(2, bytes, {8, 256, 16, 4}));
    models::Plan ranks = build(request(Operation::all_reduce, 8, bytes), "two_shot");
    for (models::Plan* plan : {&copies, &ranks}) {
      vary_loads(*plan);
      check_correct(execute(*plan, {}, false, realgpu::Mode::fused));
    }
  }
}

TEST_CASE("fused: copy lanes beside the launches, ragged shares, shared devices, other grids") {
  if (cannot_fuse()) return;
  for (const int ranks : {2, 3, 8})
    for (const Bytes bytes : {kib(64), Bytes{4 * 10'007}, Bytes{4}, mib(3)}) {
      CAPTURE(ranks);
      CAPTURE(bytes.count);
      models::Plan plan = two_shot_copies(pushing(ranks, bytes, {8, 256, 16, 4}));
      check_fused(plan);
      plan.lanes[1].ctas = 3;  // no block scope: every wait is for whole lanes
      check_fused(plan);
    }
}

TEST_CASE("fused: copy lanes alone, joined by stream memory operations") {
  if (cannot_fuse()) return;
  for (const Operation operation :
       {Operation::all_gather, Operation::all_to_all, Operation::sendrecv})
    for (const int ranks : {2, 4, 8, 16})  // 16: 32 copy lanes on each of two GPUs
      for (const Bytes bytes : {kib(64), Bytes{4 * 10'007}, Bytes{4}, mib(4)}) {
        CAPTURE(std::string(models::name_of(operation)));
        CAPTURE(ranks);
        CAPTURE(bytes.count);
        check_fused(build(request(operation, ranks, bytes), "copy_engine"));
      }
}

TEST_CASE("fused: copy lanes under random delays, eagerly, and a thousand times in a row") {
  if (cannot_fuse()) return;
  models::Inputs inputs;
  inputs.arithmetic = models::Arithmetic::exact;
  for (std::uint64_t seed = 1; seed <= 4; ++seed)
    for (const int ranks : {2, 4}) {
      CAPTURE(seed);
      check_fused(two_shot_copies(pushing(ranks, kib(256), {8, 256, 16, 4})), inputs, seed);
    }
  PushRequest eager = pushing(2, kib(256), {8, 256, 16, 4});
  eager.launch = models::LaunchMode::eager;
  check_fused(two_shot_copies(eager));
  realgpu::Options options = few_samples(realgpu::Mode::fused);
  options.repeats = 20;  // 100 launches a sample
  options.iterations = 10;
  for (const models::Plan& plan :
       {two_shot_copies(pushing(2, kib(64), {4, 256, 16, 4})),
        build(request(Operation::all_gather, 2, kib(64)), "copy_engine")}) {
    const models::Execution run = realgpu::make_realgpu(options)->execute(plan, {});
    REQUIRE(run.numbers.has_value());
    CHECK_MESSAGE(run.numbers->correct, run.numbers->reason);
    CHECK(run.samples.size() == 10);
  }
}

TEST_CASE("fused: the timeline of a plan with copy lanes has every op that moves bytes") {
  if (cannot_fuse()) return;
  const models::Plan plan = two_shot_copies(pushing(2, mib(1), {8, 256, 16, 4}));
  const models::Execution run = execute(plan, {}, true, realgpu::Mode::fused);
  check_correct(run);
  REQUIRE(run.timeline.end.size() == plan.ops.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.lanes[plan.ops[i].lane.index()].engine == models::Engine::copy)
      CHECK(run.timeline.end[i] > run.timeline.start[i]);
}

// Rank 1's launch gives up waiting for rank 0; the copy lane that waits for it must not hang.
TEST_CASE("fused: a launch that gives up lets the copy lanes that wait for it go") {
  if (cannot_fuse()) return;
  PushRequest request = pushing(2, kib(64), {1, 256, 16, 1});
  models::PlanBuilder builder("slow", request.gpu_of_rank);
  std::vector<LaneId> lanes;
  std::vector<BufferId> buffers;
  for (int r = 0; r < 2; ++r) {
    lanes.push_back(builder.add_sm_lane(
        builder.add_kernel({Rank{r}, models::LaunchMode::graph, "k"}), request.shape));
    buffers.push_back(builder.add_buffer({Rank{r}, models::BufferRole::scratch, ElementType::fp32,
                                          kib(64), "b" + std::to_string(r)}));
  }
  const LaneId copies = builder.add_copy_lane(Rank{1}, 0, models::LaunchMode::graph);
  // As in the test above: 0.2 s or more, against a patience of 10 ms.
  const models::Dep slow[] = {
      models::dep(builder.compute(lanes[0], {"slow", 1e11, {}}, {}, {}, {}))};
  const models::Dep next[] = {
      models::dep(builder.compute(lanes[1], {"next", 1e3, {}}, {}, {}, slow))};
  const models::Dep copied[] = {models::dep(
      builder.copy(copies, {buffers[1], 0, {}, kib(64)}, {buffers[0], 0, {}, kib(64)}, next))};
  builder.compute(lanes[0], {"last", 1e3, {}}, {}, {}, copied);
  realgpu::Options options = few_samples(realgpu::Mode::fused);
  options.patience_s = 0.01;
  CHECK_THROWS_AS(realgpu::make_realgpu(options)->execute(builder.finish(), {}),
                  std::runtime_error);
}
