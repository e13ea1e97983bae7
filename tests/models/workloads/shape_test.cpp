#include <doctest/doctest.h>

#include "tests/models/workloads/shapes.h"
#include "topology/error.h"

// Expected numbers: dimensions of DeepSeek-V3/R1 and sums worked out beside each check.
namespace twinlink::models {
namespace {

const Compute& stage_of(const std::vector<Compute>& stages, const std::string& kernel) {
  for (const Compute& stage : stages)
    if (stage.kernel == kernel) return stage;
  FAIL("no stage " << kernel);
  return stages.front();
}

}  // namespace

TEST_CASE("DeepSeek-R1: parameters") {
  const TransformerShape s = test::deepseek_r1();
  CHECK(expert_parameters(s) == 44'040'192);  // 3 x 7168 x 2048
  CHECK(dense_parameters(s) == 396'361'728);  // 3 x 7168 x 18432
  const AttentionParameters a = attention_parameters(s);
  CHECK(a.q == 11'010'048 + 37'748'736);  // 7168 x 1536 + 1536 x 128 x 192
  CHECK(a.kv == 4'128'768);               // 7168 x 576
  CHECK(a.kv_up == 16'777'216);           // 512 x 128 x 256
  CHECK(a.output == 117'440'512);         // 128 x 128 x 7168
  CHECK(a.total() == 187'105'280);
  // 61 x 187,105,280 + 3 x 396,361,728 + 58 x (257 x 44,040,192 + 1,835,008) + 2 x 926,679,040
  CHECK(total_parameters(s) == 671'025'397'760);
  CHECK(s.moe_layers() == 58);
}

TEST_CASE("DeepSeek-R1: bytes of experts by format") {
  TransformerShape s = test::deepseek_r1();
  CHECK(expert_bytes(s).count == 24'772'608);  // 44,040,192 x 0.5625
  const std::vector<ExpertTensor> tensors = expert_tensors(s);
  REQUIRE(tensors.size() == 4);  // of 64 experts: 939.5, 469.8, 117.4 and 58.7 MB
  CHECK(tensors[0].bytes.count * 64 == 939'524'096);
  CHECK(tensors[1].bytes.count * 64 == 469'762'048);
  CHECK(tensors[2].bytes.count * 64 == 117'440'512);
  CHECK(tensors[3].bytes.count * 64 == 58'720'256);
  s.feed_forward = {Precision::fp8, 1, 0};
  CHECK(expert_bytes(s).count == 44'040'192);
  CHECK(expert_tensors(s).size() == 2);
  s.feed_forward = test::kBf16;
  CHECK(expert_bytes(s).count == 88'080'384);
  CHECK(bf16_row(s).count == 14'336);
  s.feed_forward = test::kNvfp4;
  CHECK(quantised_row(s).count == 4'032);
}

TEST_CASE("DeepSeek-R1: FLOPs of a token") {
  const TransformerShape s = test::deepseek_r1();
  CHECK(attention_core_flops(s) == 81'920);  // 2 x 128 x (192 + 128)
  const Batch one{{1}};
  double projections = 0;
  for (const Compute& stage : attention_stages(s, one))
    if (stage.work == WorkKind::dense_gemm) projections += stage.flops;
  CHECK(projections == 374'210'560);  // 2 x 187,105,280
  const Compute grouped = stage_of(expert_stages(s, {8, 256}), kGroupedGemm);
  const Compute shared = stage_of(finalise_stages(s, one), kDenseGemm);
  CHECK(grouped.flops + shared.flops == 792'723'456);  // 2 x 9 x 44,040,192
  CHECK(grouped.precision == Precision::fp4);
}

TEST_CASE("attention grows with the square of each request, not of the batch") {
  const TransformerShape s = test::deepseek_r1();
  const Compute one = stage_of(attention_stages(s, {{8192}}), kAttention);
  const Compute four = stage_of(attention_stages(s, {{2048, 2048, 2048, 2048}}), kAttention);
  CHECK(one.flops == 81'920.0 * 8192 * 8192 / 2);
  CHECK(one.flops == 4 * four.flops);
  CHECK(one.hbm_bytes == four.hbm_bytes);
}

TEST_CASE("the experts' weights are read once, however many tokens") {
  const TransformerShape s = test::deepseek_r1();
  const Bytes none = stage_of(expert_stages(s, {0, 256}), kGroupedGemm).hbm_bytes;
  CHECK(none.count == 6'341'787'648);  // 256 x 24,772,608
  const Bytes some = stage_of(expert_stages(s, {8, 256}), kGroupedGemm).hbm_bytes;
  // Per pair: 9216 quantised values in, 11264 bf16 values out.
  CHECK((some - none).count == 8 * (5'184 + 22'528));
}

TEST_CASE("others: elementwise traffic of a token, tensor by tensor") {
  const TransformerShape s = test::deepseek_r1();
  // 4 rows 57,344; latent 2 x 2048 x 2; q, k assembled 2 x 256 x 192 x 2; kv cached 576; core's
  // output read and written in bf16 2 x 16384 x 2
  CHECK(stage_of(attention_stages(s, {{1}}), kOthers).hbm_bytes.count ==
        57'344 + 8'192 + 196'608 + 576 + 65'536);
  // 4 rows, 1 row, logits 2 x 256 x 4, quantising 14,336 + 4,032
  CHECK(stage_of(router_stages(s, {{1}}), kOthers).hbm_bytes.count ==
        57'344 + 14'336 + 2'048 + 18'368);
  // 8 pairs: row twice 8,064, activation 2048 x (4 + 0.5625)
  CHECK(stage_of(expert_stages(s, {8, 256}), kOthers).hbm_bytes.count == 8 * (8'064 + 9'344));
  // 9 rows, shared activation
  CHECK(stage_of(finalise_stages(s, {{1}}), kOthers).hbm_bytes.count == 129'024 + 9'344);
}

TEST_CASE("impossible dimensions: all of them at once") {
  TransformerShape s = test::deepseek_r1();
  s.hidden = 0;
  s.top_k = 300;
  s.dense_layers = 62;
  try {
    check_shape(s);
    FAIL("accepted");
  } catch (const InputError& error) {
    REQUIRE(error.issues().size() == 3);
    CHECK(error.issues()[0].pointer == "/hidden");
    CHECK(error.issues()[2].message == "300 experts per token of 256 routed experts");
  }
}

TEST_CASE("products are the shapes behind the FLOPs") {
  const TransformerShape s = test::deepseek_r1();
  const Batch batch{{1024}};
  const auto flops = [](const Compute& stage) {
    double sum = 0;
    for (const Product& p : stage.products)
      sum += 2.0 * static_cast<double>(p.m * p.n) * static_cast<double>(p.k * p.count);
    return sum;
  };
  int dense = 0;
  for (const auto& stages : {attention_stages(s, batch), dense_stages(s, batch),
                             finalise_stages(s, batch), expert_stages(s, {8192, 256})})
    for (const Compute& stage : stages) {
      CAPTURE(stage.kernel);
      const bool multiplies =
          stage.work == WorkKind::dense_gemm || stage.work == WorkKind::grouped_gemm;
      CHECK(stage.products.empty() == !multiplies);
      if (!multiplies) continue;
      CHECK(flops(stage) == stage.flops);
      ++dense;
    }
  CHECK(dense == 5);  // in, out, dense network, shared expert, routed experts
  // 8192 pairs over 256 experts: 32 rows each.
  const Compute grouped = stage_of(expert_stages(s, {8192, 256}), kGroupedGemm);
  CHECK(grouped.products == std::vector<Product>{{4096, 32, 7168, 256}, {7168, 32, 2048, 256}});
}

}  // namespace twinlink::models
