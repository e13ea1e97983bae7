#include "models/workloads/decode.h"

#include <doctest/doctest.h>

#include "models/workloads/layer_stages.h"
#include "tests/models/workloads/shapes.h"

using namespace twinlink;
using namespace twinlink::models;

namespace {

double bytes_of(const DecodeWork& work, const std::string& kernel) {
  double total = 0;
  for (const Compute& op : work.ops)
    if (op.kernel == kernel) total += static_cast<double>(op.hbm_bytes.count);
  return total;
}

double flops_of(const DecodeWork& work, const std::string& kernel) {
  double total = 0;
  for (const Compute& op : work.ops)
    if (op.kernel == kernel) total += op.flops;
  return total;
}

}  // namespace

TEST_CASE("a cached token of DeepSeek-R1 is 576 bytes per layer") {
  CHECK(cached_bytes(test::deepseek_r1()) == 61.0 * (512 + 64));
}

TEST_CASE("decode attention reads every cache once, whatever is drafted") {
  const TransformerShape shape = test::deepseek_r1();
  const DecodeWork plain = decode_work(shape, {4, 1000, 0, 8});
  const DecodeWork drafted = decode_work(shape, {4, 1000, 1, 8});
  CHECK(bytes_of(plain, kAttention) == 4.0 * 1000 * cached_bytes(shape));
  CHECK(bytes_of(drafted, kAttention) == bytes_of(plain, kAttention));
  // 2 x 128 heads x (512 + 512 + 64) per token attended and layer.
  CHECK(flops_of(plain, kAttention) == doctest::Approx(4.0 * 1000 * 61 * 278'528).epsilon(1e-12));
  CHECK(flops_of(drafted, kAttention) == doctest::Approx(2 * flops_of(plain, kAttention)));
}

TEST_CASE("one request touches top_k experts, many touch all that the rank holds") {
  const TransformerShape shape = test::deepseek_r1();
  const double expert = static_cast<double>(expert_bytes(shape).count) * 58;
  // One token on one rank: 8 experts. Activations add less than a percent to 25 MB each.
  CHECK(bytes_of(decode_work(shape, {1, 1, 0, 1}), kGroupedGemm) ==
        doctest::Approx(8 * expert).epsilon(0.01));
  // 256 x 8 tokens: an expert is missed with (1 - 1/32)^2048 = 6e-29. 2048 pairs move 42 MB of
  // activations per layer beside 793 MB of weights.
  const double many = bytes_of(decode_work(shape, {256, 1, 0, 8}), kGroupedGemm);
  CHECK(many > 32 * expert);
  CHECK(many < 32 * expert * 1.1);
}

TEST_CASE("a rank sends rows to the other ranks that its tokens need") {
  const TransformerShape shape = test::deepseek_r1();
  CHECK(decode_work(shape, {4, 1, 0, 1}).bytes_out == 0);
  CHECK(decode_work(shape, {4, 1, 0, 1}).transfers == 0);
  // Two ranks: a token needs 2 (1 - 2^-8) of them, half of those the other; 4032 + 14336 bytes.
  const double expected = 58 * 4 * (1 - 1.0 / 256) * (4032 + 14336);
  CHECK(decode_work(shape, {4, 1, 0, 2}).bytes_out == doctest::Approx(expected).epsilon(1e-12));
  CHECK(decode_work(shape, {4, 1, 0, 2}).transfers == 116);
}
