// The plans of linear attention: proved for every method, scan and direction, and mutations that
// the proof must catch.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "models/checks/proof.h"
#include "models/workloads/linear_attention.h"
#include "models/workloads/linear_attention_work.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

using Method = LinearAttentionMethod;
using Direction = LinearAttentionDirection;

LinearAttentionRequest small(Method method, int dp, int sp) {
  LinearAttentionRequest request;
  request.method = method;
  request.dp = dp;
  request.sp = sp;
  request.batch = dp;
  request.sequence = 64 * sp;
  request.heads = 2;
  request.d_k = 8;
  request.d_v = 4;
  request.layers = 2;
  request.direction = Direction::forward_backward;
  return request;
}

std::string text_of(const Proof& proof) {
  std::string text;
  for (const Finding& finding : proof.findings) text += finding.message + "\n";
  return text;
}

void check_proved(const LinearAttentionRequest& request) {
  const Plan plan = build_linear_attention(request);
  const Proof proof = prove(plan);
  INFO(plan.name, " dp ", request.dp, " sp ", request.sp, "\n", text_of(proof));
  CHECK(proof.correct());
  // A scan per layer, direction and group.
  CHECK(plan.claims.size() == static_cast<std::size_t>(2 * request.layers * request.dp));
}

std::vector<std::string> scans() {
  std::vector<std::string> names;
  for (const Algorithm& algorithm : catalogue())
    if (algorithm.operation == Operation::exscan && algorithm.wrong_from == 0)
      names.emplace_back(algorithm.name);
  return names;
}

OpId find_compute(const Plan& plan, const std::string& kernel, int rank) {
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].kind == OpKind::compute && plan.rank_of(OpId{i}) == Rank{rank} &&
        plan.computes[plan.ops[i].detail].kernel == kernel)
      return OpId{i};
  FAIL("no such compute");
  return {};
}

// Takes away every dependency of `op` on ops of kind compute (or of any other kind).
void drop_deps(Plan& plan, OpId op, bool on_computes) {
  const auto deps = plan.deps_of(op);
  for (const Dep& d : deps) {
    const bool is_compute = plan.op(d.id()).kind == OpKind::compute;
    if (is_compute != on_computes) continue;
    Dep& mutated = plan.deps[static_cast<std::size_t>(&d - plan.deps.data())];
    mutated.edge = static_cast<std::uint32_t>(Edge::flag_relaxed) & 0xF;
  }
}

}  // namespace

TEST_CASE("every LASP method is proved, forward and backward, several groups and layers") {
  for (const Method method : {Method::naive, Method::cache, Method::fuse, Method::fuse_parallel})
    for (const int sp : {1, 2, 3, 8, 16}) check_proved(small(method, 2, sp));
  for (const int sp : {1, 2, 3, 4, 5, 6, 7}) check_proved(small(Method::blelloch, 2, sp));
}

TEST_CASE("every scan of the catalogue is proved inside the layer, overlapped, before it, merged") {
  for (const std::string& scan : scans())
    for (const int sp : {1, 2, 5, 8}) {
      LinearAttentionRequest request = small(Method::scan, 2, sp);
      request.scan = scan;
      check_proved(request);
      request.overlap = false;
      request.barrier = false;
      check_proved(request);
      request.merged = true;
      check_proved(request);
    }
}

namespace {

// Kernels of rank 0 in the order of their ids.
std::vector<Compute> computes_of_rank_0(const Plan& plan) {
  std::vector<Compute> found;
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].kind == OpKind::compute && plan.rank_of(OpId{i}).index() == 0)
      found.push_back(plan.computes[plan.ops[i].detail]);
  return found;
}

}  // namespace

TEST_CASE("a merged step is local state, scan and one kernel; measured costs are in the plan") {
  LinearAttentionRequest request = small(Method::scan, 1, 4);
  request.direction = Direction::forward;
  request.layers = 1;
  request.merged = true;
  const std::vector<Compute> plain = computes_of_rank_0(build_linear_attention(request));
  REQUIRE(plain.size() == 2);
  CHECK(plain[0].kernel == "local_state");
  CHECK(plain[1].kernel == "intra_chunk");
  request.kernels.forward.local_state = {2, Duration{7}};
  request.kernels.backward.local_state = {3, Duration{9}};  // of the other direction: not used
  request.kernels.meeting = Duration{10};
  const std::vector<Compute> costed = computes_of_rank_0(build_linear_attention(request));
  REQUIRE(costed.size() == 4);  // a meeting before each, the second of half the time
  CHECK(costed[0].fixed == Duration{10});
  CHECK(costed[1].hbm_bytes.count == 2 * plain[0].hbm_bytes.count);
  CHECK(costed[1].fixed == Duration{7});
  CHECK(costed[2].fixed == Duration{5});
  CHECK(costed[3].hbm_bytes == plain[1].hbm_bytes);
}

TEST_CASE("bytes that the kernels move, and what a step needs at least") {
  LinearAttentionRequest request;
  request.sequence = 16;
  request.sp = 2;
  request.heads = 2;
  request.d_k = 8;
  request.d_v = 4;
  request.chunk = 8;
  // 2 heads x 8 tokens: q, k, dq, dk 16 x 8 x 2 = 256 bytes each; v, o, do, dv 128; a state 256.
  const auto bytes = [&](bool backward) {
    const LinearAttentionWork work = linear_attention_work(request, backward);
    return std::array{work.local_state.hbm_bytes.count, work.intra_chunk.hbm_bytes.count,
                      work.inter_chunk.hbm_bytes.count};
  };
  CHECK(bytes(false) == std::array<std::int64_t, 3>{640, 768, 768});
  CHECK(bytes(true) == std::array<std::int64_t, 3>{1536, 1152, 1408});
  request.merged = true;  // the outer state is read in the intra-chunk kernel
  CHECK(bytes(false) == std::array<std::int64_t, 3>{640, 1024, 768});
  CHECK(bytes(true) == std::array<std::int64_t, 3>{1536, 1408, 1408});
  // Forward kernels move what is needed; backward ones read k and v twice, 384 bytes.
  CHECK(linear_attention_needs(request, false).bytes == 640 + 1024);
  CHECK(linear_attention_needs(request, true).bytes == 1536 + 1408 - 384);
  // Twice too: do v^T (B e a token) and the growth of the forward state (2 de), 16 tokens.
  const LinearAttentionWork back = linear_attention_work(request, true);
  CHECK(linear_attention_needs(request, true).flops ==
        back.local_state.flops + back.intra_chunk.flops - 16 * (8 * 4 + 2 * 8 * 4));
}

TEST_CASE("backward, the kernel before the scan reads forward's prefix and makes dq too") {
  LinearAttentionRequest request = small(Method::scan, 1, 4);
  request.layers = 1;
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    request.direction = direction;
    const Plan plan = build_linear_attention(request);
    const OpId made = find_compute(plan, "local_state", 2);
    const std::size_t tensors = direction == Direction::backward ? 2 : 1;
    CHECK(plan.sources(made).size() == tensors);       // tokens; the prefix
    CHECK(plan.destinations(made).size() == tensors);  // the state; dq
    CHECK(prove(plan).correct());
  }
}

TEST_CASE("one direction alone is proved") {
  for (const Direction direction : {Direction::forward, Direction::backward})
    for (const Method method : {Method::fuse, Method::blelloch, Method::scan}) {
      LinearAttentionRequest request = small(method, 1, 4);
      request.direction = direction;
      const Plan plan = build_linear_attention(request);
      CHECK(prove(plan).correct());
      for (const Claim& claim : plan.claims)
        CHECK(claim.suffix == (direction == Direction::backward));
    }
}

// The published counts of wrong exclusive prefixes: 1 of 8 ranks (rank 7), 7 of 16; mirrored for
// the suffix (rank 0). In each of the groups, whose ranks follow each other.
TEST_CASE("the published tree is found wrong inside the layer, with its ranks") {
  const auto wrong = [](int dp, int sp, Direction direction) {
    LinearAttentionRequest request = small(Method::blelloch, dp, sp);
    request.direction = direction;
    CHECK(expected_wrong(request));
    std::vector<int> ranks;
    for (const Rank rank : prove(build_linear_attention(request)).wrong_ranks)
      ranks.push_back(rank.value);
    return ranks;
  };
  CHECK(wrong(2, 8, Direction::forward) == std::vector<int>{7, 15});
  CHECK(wrong(2, 8, Direction::backward) == std::vector<int>{0, 8});
  CHECK(wrong(1, 16, Direction::forward) == std::vector<int>{7, 8, 11, 12, 13, 14, 15});
  CHECK_FALSE(expected_wrong(small(Method::blelloch, 2, 7)));
}

TEST_CASE("mutation: the scan does not wait for another rank's local state") {
  LinearAttentionRequest request = small(Method::scan, 1, 4);
  request.scan = "gather_direct";
  Plan plan = build_linear_attention(request);
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].kind == OpKind::reduce && plan.sources(OpId{i}).size() == 3) {
      drop_deps(plan, OpId{i}, true);
      break;
    }
  const Proof proof = prove(plan);
  REQUIRE_FALSE(proof.correct());
  CHECK(proof.findings[0].check == Check::race);
}

TEST_CASE("mutation: the inter-chunk part does not wait for the prefix that others pushed") {
  LinearAttentionRequest request = small(Method::scan, 1, 4);
  request.scan = "ring_decoupled";
  Plan plan = build_linear_attention(request);
  const OpId inter = find_compute(plan, "inter_chunk", 2);
  for (const Dep& d : plan.deps_of(inter)) {
    Dep& mutated = plan.deps[static_cast<std::size_t>(&d - plan.deps.data())];
    if (plan.rank_of(d.id()) != Rank{2}) mutated.op = 0;
  }
  const Proof proof = prove(plan);
  REQUIRE_FALSE(proof.correct());
  CHECK(proof.findings[0].check == Check::race);
}

TEST_CASE("mutation: the scan's direction, its decay, and a prefix shifted by a rank") {
  const LinearAttentionRequest request = small(Method::scan, 1, 5);
  Plan direction = build_linear_attention(request);
  direction.claims[0].suffix = true;
  CHECK_FALSE(prove(direction).correct());

  Plan decay = build_linear_attention(request);
  const auto decayed = std::find_if(decay.slices.begin(), decay.slices.end(),
                                    [](const Slice& s) { return s.decay_power == 1; });
  REQUIRE(decayed != decay.slices.end());
  decayed->decay_power = 2;
  CHECK_FALSE(check_provenance(decay).correct());

  Plan inclusive = build_linear_attention(request);
  inclusive.claims[0].operation = Operation::scan;
  CHECK(prove(inclusive).wrong_ranks.size() == 5);
}

TEST_CASE("mutation: a state computed again after the scan has begun is not the claim's input") {
  LinearAttentionRequest request = small(Method::scan, 1, 3);
  request.layers = 1;
  request.direction = Direction::forward;
  Plan plan = build_linear_attention(request);
  REQUIRE(check_provenance(plan).correct());
  // Rank 0's intra-chunk kernel writes the state in place of its output.
  const OpId first = find_compute(plan, "local_state", 0);
  const OpId again = find_compute(plan, "intra_chunk", 0);
  plan.slices[plan.op(again).first_slice + plan.op(again).sources] = plan.destinations(first)[0];
  CHECK_FALSE(prove(plan).correct());
}

TEST_CASE("mutation: a state that no kernel has made yet is not the claim's input") {
  LinearAttentionRequest request = small(Method::scan, 1, 3);
  request.layers = 1;
  request.direction = Direction::forward;
  Plan plan = build_linear_attention(request);
  // Rank 0's state is made by the kernel after the scan; its first kernel writes the output.
  const OpId first = find_compute(plan, "local_state", 0);
  const OpId later = find_compute(plan, "inter_chunk", 0);
  std::swap(plan.slices[plan.op(first).first_slice + plan.op(first).sources],
            plan.slices[plan.op(later).first_slice + plan.op(later).sources]);
  const Proof proof = check_provenance(plan);
  REQUIRE_FALSE(proof.correct());
  CHECK(proof.wrong_ranks == std::vector<Rank>{Rank{1}, Rank{2}});
}

TEST_CASE("slopes are LASP's for twelve heads") {
  // 2^-1 .. 2^-8 for eight heads, then the odd ones of sixteen: 2^-0.5, 2^-1.5, 2^-2.5, 2^-3.5.
  const std::vector<double> slopes = alibi_slopes(12);
  REQUIRE(slopes.size() == 12);
  CHECK(slopes[0] == doctest::Approx(0.5));
  CHECK(slopes[7] == doctest::Approx(1.0 / 256));
  CHECK(slopes[8] == doctest::Approx(std::exp2(-0.5)));
  CHECK(slopes[11] == doctest::Approx(std::exp2(-3.5)));
}

TEST_CASE("a request's issues come all at once, with their arithmetic") {
  LinearAttentionRequest request = small(Method::scan, 2, 4);
  request.batch = 3;
  request.sequence = 6;
  request.slopes = {1.0, -1.0, 2.0};
  request.scan = "blellloch";
  try {
    check_linear_attention(request);
    FAIL("no error");
  } catch (const InputError& error) {
    REQUIRE(error.issues().size() == 5);
    CHECK(error.issues()[0].message == "3 is not a multiple of the 2 groups (dp) that share it");
    CHECK(error.issues()[1].message == "6 is not a multiple of the 4 ranks (sp) that share it");
    CHECK(error.issues()[2].message == "3 slopes for 2 heads");
    CHECK(error.issues()[4].message.find("Did you mean \"blelloch\"?") != std::string::npos);
  }
}

}  // namespace twinlink::models
