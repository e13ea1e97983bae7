// All-reduce and reduce-scatter add each element in the same order, so they give the same bits.
#include <doctest/doctest.h>

#include <cstring>
#include <random>

#include "models/definition_elements.h"
#include "sim/host_fold.h"
#include "sim/host_memory.h"
#include "tests/models/workloads/dp_attention_requests.h"

using namespace twinlink;
using namespace twinlink::models;

namespace {

using Bits = std::vector<std::vector<std::byte>>;

// Numbers whose sums are rounded, so that every other order shows.
void fill(const Buffer& buffer, std::uint64_t seed, std::span<std::byte> bytes) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  const auto width = static_cast<std::size_t>(size_of(buffer.element));
  for (std::size_t at = 0; at < bytes.size(); at += width)
    store(buffer.element, normal(random), bytes.data() + at);
}

void run(const Plan& plan, OpId id, sim::HostMemory& memory, sim::HostFold& fold) {
  const Op& op = plan.op(id);
  if (op.kind == OpKind::reduce) fold.run(id);
  if (op.kind != OpKind::copy) return;
  for (std::size_t i = 0; i < plan.destinations(id).size(); ++i) {
    const auto from = memory.bytes(plan.sources(id)[plan.sources(id).size() == 1 ? 0 : i]);
    if (!from.empty())
      std::memmove(memory.bytes(plan.destinations(id)[i]).data(), from.data(), from.size());
  }
}

// The layer's outputs when its mlp gives partial sums made of this seed.
Bits outputs(const Plan& plan, std::uint64_t seed) {
  const Inputs inputs;
  sim::HostMemory memory(plan, inputs);
  sim::HostFold fold(plan, inputs, memory);
  const Claim& claim = plan.claims.back();
  for (std::size_t r = 0; r < claim.inputs.size(); ++r)
    fill(plan.buffer(claim.inputs[r]), seed + r, memory.bytes(claim.inputs[r]));
  for (std::size_t i = 0; i < plan.ops.size(); ++i) run(plan, OpId{i}, memory, fold);
  Bits bits;
  for (const BufferId b : claim.outputs)
    bits.emplace_back(memory.bytes(b).begin(), memory.bytes(b).end());
  return bits;
}

// Whether both ways of combining give the same bits.
bool same_bits(DpAttentionRequest request, const CollectiveNames& names) {
  constexpr std::uint64_t kSeed = 8539;
  request.algorithms = names;
  request.combine = Combine::all_reduce;
  const Bits reduced = outputs(build_dp_attention(request), kSeed);
  request.combine = Combine::reduce_scatter;
  return reduced == outputs(build_dp_attention(request), kSeed);
}

}  // namespace

TEST_CASE("Both ways of combining give the same bits") {
  for (const ElementType element : {ElementType::fp32, ElementType::bf16})
    for (const auto& sizes : {std::pair(2, 2), {3, 3}, {8, 8}, {8, 4}, {8, 2}, {16, 8}}) {
      const int tp = sizes.first;
      const int dp = sizes.second;
      DpAttentionRequest request = dp_request(tp, dp, 16);
      request.element = element;
      CAPTURE(tp);
      CAPTURE(dp);
      CHECK(same_bits(request, {"ring", "ring", "ring"}));
      CHECK(same_bits(request, {"two_shot", "direct", "direct"}));
      request.padding = Padding::max_len;
      request.tokens = ragged_tokens(dp);
      CHECK(same_bits(request, {"ring", "ring", "ring"}));
    }
}

TEST_CASE("Mutation: sums in another order have other bits") {
  const DpAttentionRequest request = dp_request(8, 8, 16);
  CHECK_FALSE(same_bits(request, {"ring", "direct", "ring"}));
  CHECK_FALSE(same_bits(request, {"two_shot", "ring", "ring"}));
  CHECK_FALSE(same_bits(request, {"double_binary_tree", "ring", "ring"}));
}
