#include "models/workloads/dp_attention.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "models/checks/proof.h"
#include "models/workloads/tp_layer.h"
#include "sim/host_executor.h"
#include "tests/models/workloads/dp_attention_requests.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::models;

namespace {

std::string first_finding(const Proof& proof) {
  return proof.correct() ? "" : proof.findings.front().message;
}

// Proved, and the host gets the numbers of the claims, in an arithmetic where no order hides.
void check_right(const Plan& plan) {
  CHECK(first_finding(prove(plan)) == "");
  Inputs inputs;
  inputs.arithmetic = Arithmetic::exact;
  const Numbers exact = sim::HostExecutor().execute(plan, inputs).numbers.value();
  CHECK_MESSAGE(exact.correct, exact.reason);
  const Numbers numbers = sim::HostExecutor().execute(plan, {}).numbers.value();
  CHECK_MESSAGE(numbers.correct, numbers.reason);
}

// request(combine, padding, algorithms) for every choice that can be had.
void for_each_way(DpAttentionRequest request, const std::function<void(const Plan&)>& check) {
  for (const Combine combine : {Combine::all_reduce, Combine::reduce_scatter})
    for (const Padding padding : {Padding::max_len, Padding::sum_len})
      for (const CollectiveNames& names : {CollectiveNames{}, kDirect, kNccl}) {
        if (combine == Combine::reduce_scatter && padding == Padding::sum_len) continue;
        request.combine = combine;
        request.padding = padding;
        request.algorithms = names;
        CAPTURE(names.all_reduce);
        CAPTURE(static_cast<int>(padding));
        check(build_dp_attention(request));
      }
}

// Bytes that rank 0 reads from other ranks.
std::int64_t bytes_pulled(const Plan& plan) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    for (const Slice& s : plan.sources(OpId{i}))
      if (plan.rank_of(OpId{i}) == Rank{0} && plan.buffer(s.buffer).rank != Rank{0})
        bytes += s.size.count;
  return bytes;
}

OpId last_op(const Plan& plan, OpKind kind) {
  for (std::size_t i = plan.ops.size(); i-- > 0;)
    if (plan.ops[i].kind == kind) return OpId{i};
  return {};
}

}  // namespace

TEST_CASE("Layers are right for every number of ranks and groups, rows equal or ragged") {
  for (int tp = 1; tp <= 16; ++tp)
    for (int dp = 1; dp <= tp; ++dp) {
      if (tp % dp != 0) continue;
      CAPTURE(tp);
      CAPTURE(dp);
      for_each_way(dp_request(tp, dp, 4), check_right);
      for_each_way(dp_request(tp, dp, ragged_tokens(dp)), check_right);
    }
}

TEST_CASE("A group without tokens, and several layers") {
  for_each_way(dp_request(4, 4, {0, 3, 1, 0}), check_right);
  for_each_way(dp_request(4, 2, {0, 3}), check_right);
  DpAttentionRequest request = dp_request(4, 2, {3, 5});
  request.layers = 3;
  for_each_way(request, check_right);
}

TEST_CASE("Tensor-parallel layers: two all-reduces each") {
  TpLayerRequest request;
  request.gpu_of_rank = {0, 1, 2, 3};
  request.tokens = 5;
  request.hidden = 12;
  request.layers = 2;
  request.attention.kernel = "attention";
  request.mlp.kernel = "dense_gemm";
  for (const char* name : {"ring", "one_shot", "two_shot", "nccl"}) {
    CAPTURE(name);
    request.algorithm = name;
    const Plan plan = build_tp_layer(request);
    CHECK(plan.claims.size() == 4);
    check_right(plan);
  }
  request.tokens = 0;
  CHECK_THROWS_WITH_AS(build_tp_layer(request), "/tokens: 0 is outside 1 to 67108864", InputError);
}

TEST_CASE("The reduce-scatter moves what the all-reduce moves less its all-gather half") {
  // 8 ranks, 8 groups of 4 rows of 12 fp32: S = 32 x 48 bytes. Both gather 7/8 S first; then the
  // ring all-reduce pulls 2 x 7/8 S, the reduce-scatter 7/8 S.
  DpAttentionRequest request = dp_request(8, 8, 4);
  const std::int64_t s = 32 * 48;
  CHECK(global_bytes(request) == Bytes{s});
  CHECK(bytes_pulled(build_dp_attention(request)) == 2 * s * 7 / 8);
  request.combine = Combine::all_reduce;
  CHECK(bytes_pulled(build_dp_attention(request)) == 3 * s * 7 / 8);
  // 4 groups of 2 ranks, 8 rows each: 1/8 S around each group before and, scattered, after.
  request = dp_request(8, 4, 8);
  CHECK(bytes_pulled(build_dp_attention(request)) == s * (1 + 7 + 7 + 1) / 8);
  request.combine = Combine::all_reduce;
  CHECK(bytes_pulled(build_dp_attention(request)) == s * (1 + 7 + 14) / 8);
}

TEST_CASE("Rows: padded to the longest group and to whole parts of it, or one after the other") {
  DpAttentionRequest request = dp_request(8, 4, {5, 8, 2, 5});
  DpRows rows = rows_of(request);  // 2 x 20 > 8 x 4
  CHECK(rows.padded);
  CHECK(rows.all == 32);
  CHECK(rows.begin == std::vector<std::int64_t>{0, 8, 16, 24});
  request.tokens = {0, 7, 1, 0};  // 2 x 8 <= 7 x 4: the sum
  rows = rows_of(request);
  CHECK_FALSE(rows.padded);
  CHECK(rows.all == 8);
  CHECK(rows.begin == std::vector<std::int64_t>{0, 0, 7, 8});
  CHECK_FALSE(scatters(request));  // and then the all-reduce, as SGLang does
  request.padding = Padding::max_len;
  CHECK(rows_of(request).all == 32);  // 7 rows for 2 ranks: 8
  CHECK(scatters(request));
}

TEST_CASE("Wrong requests: all issues at once") {
  DpAttentionRequest request = dp_request(8, 3, {1, 2});
  request.hidden = 0;
  try {
    build_dp_attention(request);
    FAIL("accepted");
  } catch (const InputError& error) {
    REQUIRE(error.issues().size() == 3);
    CHECK(error.issues()[0].message ==
          "3 attention groups cannot share 8 ranks evenly: dp must divide tp");
    CHECK(error.issues()[1].message == "2 numbers of tokens for 3 attention groups");
    CHECK(error.issues()[2].pointer == "/hidden");
  }
  request = dp_request(4, 4, {1, 2, 3, 4});
  request.padding = Padding::sum_len;
  CHECK_THROWS_AS(build_dp_attention(request), InputError);
}

TEST_CASE("Mutation: the rows of another group are found") {
  DpAttentionRequest request = dp_request(4, 4, 4);
  request.combine = Combine::all_reduce;
  Plan plan = build_dp_attention(request);
  const OpId scatter = last_op(plan, OpKind::copy);  // of rank 3
  plan.slices[plan.op(scatter).first_slice].offset.count = 0;
  CHECK(first_finding(prove(plan)).find("rank 3: output holds") == 0);
  CHECK_FALSE(sim::HostExecutor().execute(plan, {}).numbers.value().correct);
}

TEST_CASE("Mutation: a collective that does not wait for the kernel before it is found") {
  Plan plan = build_dp_attention(dp_request(4, 2, 4));
  std::size_t dropped = 0;
  for (Dep& d : plan.deps)
    if (d.kind() == Edge::graph && plan.op(d.id()).kind == OpKind::compute && ++dropped > 1)
      d.edge = static_cast<std::uint32_t>(Edge::flag_relaxed) & 0xF;
  REQUIRE(dropped > 1);
  CHECK(first_finding(check_races(plan)).find("behind relaxed flags only") != std::string::npos);
}

TEST_CASE("Mutation: a claim's input that is read before its last write is found") {
  PlanBuilder builder("early", 1);
  const LaneId lane =
      builder.add_sm_lane(builder.add_kernel({Rank{0}, LaunchMode::graph, "k"}), {});
  const BufferId in =
      builder.add_buffer({Rank{0}, BufferRole::inout, ElementType::fp32, {64}, "x"});
  const BufferId out =
      builder.add_buffer({Rank{0}, BufferRole::output, ElementType::fp32, {64}, "y"});
  const Slice x{in, 0, {}, {64}}, y{out, 0, {}, {64}};
  Claim claim{};
  claim.operation = Operation::all_reduce;
  claim.group = builder.add_group({Rank{0}});
  claim.inputs = {in};
  claim.outputs = {out};
  builder.add_claim(claim);
  builder.compute(lane, {"late", 0, {}}, {}, std::span(&x, 1), {});
  builder.copy(lane, x, y, {});
  Plan plan = builder.finish();
  CHECK(first_finding(prove(plan)) == "");
  std::swap(plan.ops[0], plan.ops[1]);  // the copy first; slices and dependencies by number
  std::swap(plan.slices[0], plan.slices[1]);
  std::swap(plan.slices[1], plan.slices[2]);
  plan.ops[0].first_slice = 0, plan.ops[1].first_slice = 2;
  CHECK(first_finding(prove(plan)) != "");
}
