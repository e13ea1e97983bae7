// Linear attention on real devices: every token, head and rank of outputs and gradients against
// the float64 reference; and that the comparison sees what is wrong.
#include <cmath>
#include <limits>

#include "realgpu/devices.h"
#include "realgpu/linear_attention_check.h"
#include "realgpu/linear_attention_step.h"
#include "realgpu/linear_attention_values.h"
#include "tests/realgpu/gpu_support.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::testing;
using realgpu::AttentionMethod;
using realgpu::AttentionRanks;
using realgpu::AttentionReference;
using realgpu::AttentionShape;
using realgpu::AttentionVerdict;
using realgpu::LinearAttentionStep;
using Method = models::LinearAttentionMethod;

namespace {

// No decay, slow heads and heads that forget a token at once.
AttentionShape small(int tokens, int batch = 1) {
  return {batch, 4, tokens, {0, 0x1p-8, 0.25, 20}};
}

const std::vector<AttentionMethod>& methods() {
  static const std::vector<AttentionMethod> all{{Method::naive, "", false, false},
                                                {Method::fuse, "", false, false},
                                                {Method::fuse_parallel, "", false, false},
                                                {Method::blelloch, "", false, false},
                                                {Method::scan, "ring_decoupled"},
                                                {Method::scan, "transpose"},
                                                {Method::scan, "transpose", true, false, 32},
                                                {Method::scan, "gather_direct", false, false}};
  return all;
}

AttentionVerdict run(const AttentionRanks& ranks, const LinearAttentionStep& step,
                     const AttentionReference& reference) {
  for (int gpu = 0; gpu < ranks.gpus(); ++gpu) ranks.parts(gpu).poison();
  step.issue();
  step.origin().synchronize();
  step.check_health();
  return reference.compare(ranks, true);
}

}  // namespace

TEST_CASE("linear attention on GPUs: every method, rank, token and head, outputs and gradients") {
  if (no_device() || stream_only()) return;
  constexpr int kTokens = 2048;
  const AttentionReference reference = AttentionReference::whole(small(kTokens), kTokens);
  for (int gpus = 1; gpus <= std::min(2, realgpu::device_count()); ++gpus)
    for (const int sp : {2, 8}) {
      const AttentionRanks ranks(small(kTokens / sp), sp, gpus);
      for (const AttentionMethod& method : methods()) {
        CAPTURE(gpus);
        CAPTURE(sp);
        CAPTURE(std::string(models::name_of(method.method)) + " " + method.scan);
        const LinearAttentionStep step(ranks, method, true);
        const AttentionVerdict verdict = run(ranks, step, reference);
        CHECK_MESSAGE(verdict.correct, verdict.reason);
        CHECK(verdict.worst > 1e-5);  // bf16 rounds: an exact match would compare with itself
      }
    }
}

TEST_CASE("linear attention on GPUs: several batch entries, segments of unequal length") {
  if (no_device() || stream_only()) return;
  const AttentionShape shape = small(64 * 83, 3);  // 83 blocks: the last segment is shorter
  const AttentionReference reference =
      AttentionReference::edges(shape, 2, 16, {0, 1, 4 + 1, 8 + 2, 8 + 3});
  const AttentionRanks ranks(shape, 2, 1);
  const LinearAttentionStep step(ranks, {Method::scan, "transpose"}, true);
  const AttentionVerdict verdict = run(ranks, step, reference);
  CHECK_MESSAGE(verdict.correct, verdict.reason);
}

TEST_CASE("linear attention on GPUs: states that do not arrive are seen, forward and backward") {
  if (no_device() || stream_only()) return;
  constexpr int kTokens = 512;
  const AttentionReference reference = AttentionReference::whole(small(kTokens), kTokens);
  for (const bool backward : {false, true}) {
    CAPTURE(backward);
    // What is bound last stays bound: states of a ring that is gone would be written to.
    const AttentionRanks ranks(small(kTokens / 4), 4, 1);
    const LinearAttentionStep step(ranks, {Method::scan, "transpose"}, true);
    CHECK(run(ranks, step, reference).correct);
    const realgpu::AttentionRing zeros(ranks, backward);  // nobody sends: its outer states stay 0
    zeros.bind();
    const AttentionVerdict verdict = run(ranks, step, reference);
    CHECK(!verdict.correct);
    CHECK(verdict.reason.find(backward ? "dk of rank" : "o of rank") == 0);
    const LinearAttentionStep again(ranks, {Method::scan, "transpose"}, true);
    CHECK(run(ranks, again, reference).correct);
  }
}

TEST_CASE("linear attention on GPUs: what the kernels cannot do is refused with the numbers") {
  if (no_device()) return;
  CHECK_THROWS_AS(AttentionRanks(small(100), 2, 1), UnsupportedError);
  CHECK_THROWS_AS(AttentionRanks(small(128), 3, 2), UnsupportedError);
}

TEST_CASE("inputs of linear attention are exact in bf16, differ, and cover their range") {
  double sum = 0;
  for (int tensor = 0; tensor < 4; ++tensor)
    for (int i = 0; i < 4096; ++i) {
      const float value = realgpu::attention_value(tensor, i);
      // Multiples of 1/64 of at most 8 bits: bf16 has 8 significant bits.
      CHECK(value * 64 == static_cast<float>(static_cast<int>(value * 64)));
      CHECK(std::abs(value) <= 2);
      sum += static_cast<double>(value);
    }
  // Mean -1/128 of a spread of 1.155: 16384 numbers are off by 0.009 rms; five times that.
  CHECK(std::abs(sum / 16384 + 1.0 / 128) < 0.045);
}

TEST_CASE("the comparison of linear attention: wrong by more than rounding, and not a number") {
  const std::vector<double> want{3, 4};  // norm 5
  CHECK(realgpu::relative_difference({3, 4}, want.data()) == 0);
  CHECK(realgpu::relative_difference({3, 4.5F}, want.data()) == doctest::Approx(0.1));
  CHECK(std::isinf(
      realgpu::relative_difference({3, std::numeric_limits<float>::quiet_NaN()}, want.data())));
}
