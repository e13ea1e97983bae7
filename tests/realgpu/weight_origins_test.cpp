// Whose weights lie where after a plan's copies, and what suite `dwdp` makes of them.
#include "realgpu/weight_origins.h"

#include <doctest/doctest.h>

#include "models/workloads/dwdp.h"
#include "realgpu/exact_pattern.h"
#include "realgpu/measure/dwdp_cases.h"

using namespace twinlink;
using models::Plan;

namespace {

constexpr std::int64_t kGate = 2 * 2 * 128 * 256, kDown = kGate / 2;  // bytes of one expert

models::DwdpRequest small_request(std::int32_t ranks, bool merge, std::int64_t slice) {
  models::DwdpRequest request;
  models::TransformerShape& s = request.shape;
  s.name = "small";
  s.layers = 3;
  s.hidden = 256, s.dense_inter = 512, s.expert_inter = 128;
  s.routed = 8, s.shared = 1, s.top_k = 2, s.vocabulary = 1000;
  s.attention = {models::AttentionKind::gqa, 4, 2, 64, 64, 0, 0, 0};
  for (std::int32_t r = 0; r < ranks; ++r) request.gpu_of_rank.push_back(r);
  request.placement = models::even_placement(s.routed, ranks);
  request.forwards = {std::vector<models::Batch>(static_cast<std::size_t>(ranks), {{64}})};
  request.merge = merge;
  request.pulls.slice = Bytes{slice};
  return request;
}

std::vector<OpId> grouped(const Plan& plan) {
  std::vector<OpId> found;
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].kind == models::OpKind::compute &&
        plan.computes[plan.ops[i].detail].work == models::WorkKind::grouped_gemm)
      found.push_back(OpId{i});
  return found;
}

// Of MoE layer `layer`, as ranks hold experts: 4 of 8 a rank of two, tensor by tensor.
std::int64_t in_store(std::int64_t layer, bool down, std::int64_t expert) {
  return layer * 4 * (kGate + kDown) + (down ? 4 * kGate + expert * kDown : expert * kGate);
}

// The op of a rank's layer multiplies with all 8 experts: its own 4, then the peer's.
void check_matrices(const std::vector<realgpu::WeightsAt>& matrices, std::int32_t rank,
                    std::int64_t layer) {
  REQUIRE(matrices.size() == 16);
  for (std::size_t i = 0; i < 16; ++i) {
    CAPTURE(i);
    const bool down = i >= 8, pulled = i % 8 >= 4;
    CHECK(matrices[i].at.size.count == (down ? kDown : kGate));
    CHECK(matrices[i].origin == BufferId{pulled ? 1 - rank : rank});
    CHECK(matrices[i].origin_offset == in_store(layer, down, static_cast<std::int64_t>(i % 4)));
  }
}

}  // namespace

TEST_CASE("every layer multiplies with its own experts, split, merged or in slices") {
  for (const bool merge : {false, true})
    for (const std::int64_t slice : {std::int64_t{0}, kGate / 3}) {
      CAPTURE(merge);
      CAPTURE(slice);
      const Plan plan = models::build_dwdp(small_request(2, merge, slice));
      const realgpu::WeightOrigins found = realgpu::find_weight_origins(plan);
      const std::vector<OpId> ops = grouped(plan);
      REQUIRE(ops.size() == 6);  // rank by rank, layer by layer
      for (std::int32_t i = 0; i < 6; ++i)
        check_matrices(found.matrices[ops[static_cast<std::size_t>(i)].index()], i / 3, i % 3);
    }
}

TEST_CASE("what landed at the end: the last layers, in whole pieces") {
  const Plan plan = models::build_dwdp(small_request(2, false, kGate / 3));
  const realgpu::WeightOrigins found = realgpu::find_weight_origins(plan);
  // Slots of layers 2 and 1, two ranks. The 4 experts of a peer lie in one piece: store and slot
  // have the same layout when one peer holds all.
  REQUIRE(found.landed.size() == 4);
  for (const realgpu::WeightsAt& piece : found.landed)
    CHECK(piece.at.size.count == 4 * (kGate + kDown));
}

TEST_CASE("a copy from the wrong place, or none, is seen by the op that reads it") {
  const auto first_copy = [](const Plan& plan) {
    std::size_t at = 0;
    while (plan.ops[at].kind != models::OpKind::copy) ++at;
    return OpId{at};
  };
  const Plan right = models::build_dwdp(small_request(2, false, 0));
  const OpId reader = grouped(right).front();
  const auto fifth = [&](const Plan& plan) {
    return realgpu::find_weight_origins(plan).matrices[reader.index()][4];
  };
  Plan shifted = right;
  shifted.slices[shifted.op(first_copy(shifted)).first_slice].offset += Bytes{kGate};
  CHECK(fifth(shifted).origin_offset == fifth(right).origin_offset + kGate);
  Plan dropped = right;
  models::Slice& to = dropped.slices[dropped.op(first_copy(dropped)).first_slice + 1];
  to.offset += Bytes{2};  // one element off: no matrix of weights lies where the op reads
  CHECK(fifth(right).origin.valid());
  CHECK(!fifth(dropped).origin.valid());
}

TEST_CASE("exact numbers: in range, never 0 where that would hide a weight, rounded to nearest") {
  bool low = false, high = false;
  for (std::int64_t i = 0; i < 100'000; ++i) {
    const int weight = realgpu::weight_at(3, i), activation = realgpu::activation_at(i);
    REQUIRE(weight >= -127);
    REQUIRE(weight <= 127);
    REQUIRE(activation != 0);
    REQUIRE(activation >= -15);
    REQUIRE(activation <= 15);
    low |= weight == -127;
    high |= weight == 127;
  }
  CHECK(low);
  CHECK(high);
  CHECK(realgpu::weight_at(3, 5) != realgpu::weight_at(4, 5));  // -51 and another: not one pattern
  CHECK(realgpu::bf16_bits(1) == 0x3F80);
  CHECK(realgpu::bf16_bits(-2) == 0xC000);
  CHECK(realgpu::bf16_bits(257) == 0x4380);  // a tie between 256 and 258: to even, 256
  CHECK(realgpu::bf16_bits(259) == 0x4382);  // a tie between 258 and 260: to even, 260
}

TEST_CASE("the cases of suite dwdp: what is said is what is built, and it fits") {
  for (const bool quick : {false, true}) {
    const std::vector<realgpu::DwdpCase> cases = realgpu::dwdp_cases(quick);
    CHECK(cases.size() == (quick ? 5 : 48));  // 4 x 3 + 2 x 6 x 2 + 2 x 3 x 2
    for (const realgpu::DwdpCase& one : cases) {
      models::check_dwdp(one.request);
      const models::DwdpMemory memory = models::dwdp_memory(one.request);
      // Weights, slots and, of 8192 tokens, activations and results of 65,536 rows.
      CHECK(memory.local_experts.count + memory.slots.count < std::int64_t{30} << 30);
      // Exact sums of the grouped products: at most 7168 terms.
      CHECK(one.request.shape.hidden <= realgpu::kMostExactTerms);
    }
  }
  // 16 experts of 88,080,384 B a layer.
  const realgpu::DwdpCase first = realgpu::dwdp_cases(false).front();
  CHECK(models::pulled_per_layer(first.request).count == 16 * 88'080'384ll);
  // Grouped products: 4 layers x 1024 tokens x 8 experts x 2 x 44,040,192; with what is around
  // more.
  const double flops = realgpu::forward_flops(models::build_dwdp(first.request));
  CHECK(flops > 4 * 1024.0 * 8 * 2 * 44'040'192);
  CHECK(flops < 2 * 4 * 1024.0 * 8 * 2 * 44'040'192);
}
