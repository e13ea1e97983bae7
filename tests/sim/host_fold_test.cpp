#include "sim/host_fold.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "models/plan/plan_builder.h"

using namespace twinlink;
using namespace twinlink::models;
using namespace twinlink::sim;

namespace {

// One rank whose buffers are all states of one exscan claim: three of `elements`, of `heads`.
struct Bench {
  Bench(ElementType element, std::int64_t elements, std::int32_t heads) : builder("fold", 1) {
    const KernelId kernel = builder.add_kernel({Rank{0}, LaunchMode::graph, "k"});
    lane = builder.add_sm_lane(kernel, {});
    for (BufferId* b : {&a, &b2, &c})
      *b = builder.add_buffer(
          {Rank{0}, BufferRole::scratch, element, Bytes{size_of(element) * elements}, "state"});
    const GroupId group = builder.add_group({Rank{0}});
    builder.add_claim({Operation::exscan, false, group, heads, {a}, {c}});
  }
  PlanBuilder builder;
  LaneId lane;
  BufferId a, b2, c;
};

template <class T>
void set(HostMemory& memory, BufferId buffer, const std::vector<T>& values) {
  std::memcpy(memory.bytes(buffer).data(), values.data(), values.size() * sizeof(T));
}

template <class T>
std::vector<T> get(HostMemory& memory, BufferId buffer) {
  std::vector<T> values(memory.bytes(buffer).size() / sizeof(T));
  std::memcpy(values.data(), memory.bytes(buffer).data(), memory.bytes(buffer).size());
  return values;
}

Slice whole(const Plan& plan, BufferId buffer, std::int32_t power = 0) {
  return {buffer, power, {}, plan.buffer(buffer).size};
}

}  // namespace

TEST_CASE("sum adds from left to right in fp32, in place too") {
  Bench bench(ElementType::fp32, 2, 1);
  const Plan& plan = bench.builder.plan();
  const Slice sources[] = {whole(plan, bench.a), whole(plan, bench.b2), whole(plan, bench.c)};
  bench.builder.reduce(bench.lane, Operator::sum, sources, std::span(&sources[0], 1), {});
  const Inputs inputs;
  HostMemory memory(plan, inputs);
  // (2^24 + 1) + 1 stays 2^24 in fp32, each 1 being lost; 2^24 + (1 + 1) would be 2^24 + 2.
  set<float>(memory, bench.a, {0x1p24F, 1});
  set<float>(memory, bench.b2, {1, 2});
  set<float>(memory, bench.c, {1, 4});
  HostFold(plan, inputs, memory).run(OpId{0});
  CHECK(get<float>(memory, bench.a) == std::vector<float>{0x1p24F, 7});
}

TEST_CASE("decay_sum multiplies each source by its head's power, several destinations") {
  Bench bench(ElementType::fp32, 5, 2);  // head 0: elements 0, 1, 2; head 1: 3, 4
  const Plan& plan = bench.builder.plan();
  const Slice sources[] = {whole(plan, bench.a, 2), whole(plan, bench.b2)};
  const Slice to[] = {whole(plan, bench.b2), whole(plan, bench.c)};
  bench.builder.reduce(bench.lane, Operator::decay_sum, sources, to, {});
  Inputs inputs;
  inputs.decays = {0.5, 0};
  HostMemory memory(plan, inputs);
  set<float>(memory, bench.a, {4, 8, 12, 16, 20});
  set<float>(memory, bench.b2, {1, 1, 1, 1, 1});
  HostFold(plan, inputs, memory).run(OpId{0});
  // head 0: x / 4 + 1; head 1: 0 x + 1
  const std::vector<float> want{2, 3, 4, 1, 1};
  CHECK(get<float>(memory, bench.b2) == want);
  CHECK(get<float>(memory, bench.c) == want);
}

TEST_CASE("a slice keeps the heads of its place in the state") {
  Bench bench(ElementType::fp32, 5, 2);
  const Plan& plan = bench.builder.plan();
  const Slice source{bench.a, 1, Bytes{8}, Bytes{8}};  // elements 2 (head 0) and 3 (head 1)
  const Slice to{bench.c, 0, Bytes{8}, Bytes{8}};
  bench.builder.reduce(bench.lane, Operator::decay_sum, std::span(&source, 1), std::span(&to, 1),
                       {});
  Inputs inputs;
  inputs.decays = {0.5, 0.25};
  HostMemory memory(plan, inputs);
  set<float>(memory, bench.a, {8, 8, 8, 8, 8});
  HostFold(plan, inputs, memory).run(OpId{0});
  const std::vector<float> got = get<float>(memory, bench.c);
  CHECK(got[2] == 4);
  CHECK(got[3] == 2);
  CHECK(std::isnan(got[1]));  // poison: nobody wrote it
  CHECK(std::isnan(got[4]));
}

TEST_CASE("scan_reduce stores the last prefixes of its sources") {
  Bench bench(ElementType::fp32, 2, 2);
  const Plan& plan = bench.builder.plan();
  const Slice sources[] = {whole(plan, bench.a, 1), whole(plan, bench.b2, 2)};
  const Slice prefixes[] = {whole(plan, bench.c), whole(plan, bench.a), whole(plan, bench.b2)};
  bench.builder.scan_reduce(bench.lane, Operator::decay_sum, sources, prefixes, {});
  Inputs inputs;
  inputs.decays = {0.5, 0.25};
  HostMemory memory(plan, inputs);
  set<float>(memory, bench.a, {8, 16});
  set<float>(memory, bench.b2, {1, 2});
  HostFold(plan, inputs, memory).run(OpId{0});
  // 0; then s0; then the fold so far times a^2 (the second source covers two members) plus s1:
  // head 0: 8 x 0.25 + 1, head 1: 16 x 0.0625 + 2. In place: all sources are read first.
  CHECK(get<float>(memory, bench.c) == std::vector<float>{0, 0});
  CHECK(get<float>(memory, bench.a) == std::vector<float>{8, 16});
  CHECK(get<float>(memory, bench.b2) == std::vector<float>{3, 3});
}

TEST_CASE("no source gives the identity") {
  Bench bench(ElementType::bf16, 3, 1);
  const Plan& plan = bench.builder.plan();
  const Slice to = whole(plan, bench.c);
  bench.builder.reduce(bench.lane, Operator::decay_sum, {}, std::span(&to, 1), {});
  const Inputs inputs;
  HostMemory memory(plan, inputs);
  HostFold(plan, inputs, memory).run(OpId{0});
  CHECK(get<std::uint16_t>(memory, bench.c) == std::vector<std::uint16_t>(3, 0));
}

TEST_CASE("bf16 and fp16 sum in fp32 and round once, when stored") {
  for (const ElementType element : {ElementType::bf16, ElementType::fp16}) {
    Bench bench(element, 1, 1);
    const Plan& plan = bench.builder.plan();
    const Slice sources[] = {whole(plan, bench.a), whole(plan, bench.b2), whole(plan, bench.b2)};
    const Slice to = whole(plan, bench.c);
    bench.builder.reduce(bench.lane, Operator::sum, sources, std::span(&to, 1), {});
    const Inputs inputs;
    HostMemory memory(plan, inputs);
    // 1 + h + h with h half of the distance u to the next number: 1 + u. Rounded after each sum it
    // would be 1 (ties to even). bf16: u = 2^-7, fp16: u = 2^-10.
    const bool brain = element == ElementType::bf16;
    set<std::uint16_t>(memory, bench.a, {brain ? std::uint16_t{0x3F80} : std::uint16_t{0x3C00}});
    set<std::uint16_t>(memory, bench.b2, {brain ? std::uint16_t{0x3B80} : std::uint16_t{0x1000}});
    HostFold(plan, inputs, memory).run(OpId{0});
    CHECK(get<std::uint16_t>(memory, bench.c)[0] == (brain ? 0x3F81 : 0x3C01));
  }
}

TEST_CASE("fp64 sums in fp64") {
  Bench bench(ElementType::fp64, 1, 1);
  const Plan& plan = bench.builder.plan();
  const Slice sources[] = {whole(plan, bench.a), whole(plan, bench.b2)};
  const Slice to = whole(plan, bench.c);
  bench.builder.reduce(bench.lane, Operator::sum, sources, std::span(&to, 1), {});
  const Inputs inputs;
  HostMemory memory(plan, inputs);
  set<double>(memory, bench.a, {0x1p40});
  set<double>(memory, bench.b2, {1});
  HostFold(plan, inputs, memory).run(OpId{0});
  CHECK(get<double>(memory, bench.c)[0] == 0x1p40 + 1);
}

TEST_CASE("exact mode: elements of any type are integers modulo 2^32") {
  Bench bench(ElementType::bf16, 3, 1);  // 6 bytes in the plan, 3 u32 here
  const Plan& plan = bench.builder.plan();
  const Slice sources[] = {{bench.a, 3, Bytes{2}, Bytes{4}}, {bench.b2, 0, Bytes{2}, Bytes{4}}};
  const Slice to{bench.c, 0, Bytes{2}, Bytes{4}};
  bench.builder.reduce(bench.lane, Operator::decay_sum, sources, std::span(&to, 1), {});
  Inputs inputs;
  inputs.arithmetic = Arithmetic::exact;
  HostMemory memory(plan, inputs);
  REQUIRE(memory.bytes(bench.c).size() == 12);
  set<std::uint32_t>(memory, bench.a, {0, 7, 0x8000'0000});
  set<std::uint32_t>(memory, bench.b2, {0, 1, 2});
  HostFold(plan, inputs, memory).run(OpId{0});
  const std::uint32_t a = exact_decay(inputs, 0);
  // a^3 is odd: a^3 2^31 = 2^31 modulo 2^32. Element 0 was not written: poison.
  CHECK(get<std::uint32_t>(memory, bench.c) ==
        std::vector<std::uint32_t>{0xDEADBEEF, a * a * a * 7 + 1, 0x8000'0002});
}
