#include "models/workloads/layer_stages.h"

#include <cmath>
#include <utility>

namespace twinlink::models {
namespace {

constexpr double kBf16 = 2;

Bytes whole(double bytes) { return {std::llround(bytes)}; }

Compute memory_op(const TransformerShape& shape, double bytes) {
  return {kOthers, 0, whole(bytes * shape.elementwise), WorkKind::memory, Precision::bf16, {}};
}

// Rows through `parameters` weights. Activations: what goes in and comes out, per token.
struct Matrix {
  double parameters, in, out;
  std::vector<Product> products;
};

std::int64_t rows_of(double tokens) { return static_cast<std::int64_t>(std::ceil(tokens)); }

// Gate and up projection in one, then down.
std::vector<Product> network(const TransformerShape& shape, std::int64_t inter, std::int64_t rows,
                             std::int64_t count) {
  return {{2 * inter, rows, shape.hidden, count}, {shape.hidden, rows, inter, count}};
}

Compute dense_gemm(const WeightFormat& format, double tokens, const Matrix& m) {
  const double bytes =
      m.parameters * format.bytes() + tokens * (m.in * format.bytes() + m.out * kBf16);
  return {kDenseGemm,       2 * m.parameters * tokens,
          whole(bytes),     WorkKind::dense_gemm,
          format.precision, {},
          m.products};
}

std::vector<Product> products_in(const TransformerShape& shape, std::int64_t rows) {
  const AttentionShape& a = shape.attention;
  if (a.kind == AttentionKind::gqa)
    return {{a.heads * a.qk_head + a.kv_heads * (a.qk_head + a.v_head), rows, shape.hidden}};
  return {{a.q_lora, rows, shape.hidden},
          {a.heads * a.qk_head, rows, a.q_lora},
          {a.kv_lora + a.rope, rows, shape.hidden},
          {a.heads * (a.qk_head - a.rope + a.v_head), rows, a.kv_lora}};
}

Compute projections_in(const TransformerShape& shape, double tokens) {
  const AttentionParameters p = attention_parameters(shape);
  const AttentionShape& a = shape.attention;
  const auto parameters = static_cast<double>(p.q + p.kv + p.kv_up);
  const bool latent = a.kind == AttentionKind::mla;
  const std::int64_t kv_heads = latent ? a.heads : a.kv_heads;
  const std::int64_t out = a.heads * a.qk_head + kv_heads * (a.qk_head + a.v_head);
  return dense_gemm(shape.projection, tokens,
                    {parameters, static_cast<double>(shape.hidden), static_cast<double>(out),
                     products_in(shape, rows_of(tokens))});
}

Compute projection_out(const TransformerShape& shape, double tokens) {
  const AttentionShape& a = shape.attention;
  return dense_gemm(shape.output, tokens,
                    {static_cast<double>(attention_parameters(shape).output),
                     static_cast<double>(a.heads * a.v_head),
                     static_cast<double>(shape.hidden),
                     {{shape.hidden, rows_of(tokens), a.heads * a.v_head}}});
}

Compute attention_core(const TransformerShape& shape, const Batch& batch) {
  const AttentionShape& a = shape.attention;
  const std::int64_t kv_heads = a.kind == AttentionKind::mla ? a.heads : a.kv_heads;
  const auto row =
      static_cast<double>(a.heads * (a.qk_head + a.v_head) + kv_heads * (a.qk_head + a.v_head));
  return {kAttention,
          batch.attended() * static_cast<double>(attention_core_flops(shape)),
          whole(static_cast<double>(batch.tokens()) * row * kBf16),
          WorkKind::attention,
          shape.attention_precision,
          {}};
}

Compute feed_forward(const TransformerShape& shape, double tokens, std::int64_t inter) {
  const auto h = static_cast<double>(shape.hidden), i = static_cast<double>(inter);
  return dense_gemm(shape.feed_forward, tokens,
                    {3 * h * i, h + i, 2 * i + h, network(shape, inter, rows_of(tokens), 1)});
}

// Bytes per token that elementwise kernels read and write around attention: two passes of residual
// and norm input and output (4 rows), the norms of the latent vectors, rope and assembly of q and k
// (each read and written), v as it is cached, and quantising the core's output.
double attention_traffic(const TransformerShape& shape) {
  const AttentionShape& a = shape.attention;
  const auto rows = 4.0 * static_cast<double>(shape.hidden) * kBf16;
  const auto latent = 2.0 * static_cast<double>(a.q_lora + a.kv_lora) * kBf16;
  const std::int64_t kv_heads = a.kind == AttentionKind::mla ? a.heads : a.kv_heads;
  const auto assembled = 2.0 * static_cast<double>((a.heads + kv_heads) * a.qk_head) * kBf16;
  const std::int64_t cached =
      a.kind == AttentionKind::mla ? a.kv_lora + a.rope : kv_heads * (a.qk_head + a.v_head);
  const auto kv = static_cast<double>(cached * shape.kv_bytes_per_element);
  const auto out = static_cast<double>(a.heads * a.v_head) * (kBf16 + shape.output.bytes());
  return rows + latent + assembled + kv + out;
}

// Residual and norm (4 rows), the router's logits and choice, quantising the row.
double router_traffic(const TransformerShape& shape) {
  const auto row = static_cast<double>(shape.hidden);
  const auto logits = 2.0 * 4.0 * static_cast<double>(shape.routed);  // fp32, written and read
  return 4 * row * kBf16 + row * kBf16 + logits + row * (kBf16 + shape.feed_forward.bytes());
}

// Per pair: the row read and written in its expert's order, the gated activation (two halves read,
// one written quantised).
double pair_traffic(const TransformerShape& shape) {
  const double quantised = shape.feed_forward.bytes();
  return 2 * static_cast<double>(shape.hidden) * quantised +
         static_cast<double>(shape.expert_inter) * (2 * kBf16 + quantised);
}

// The experts' rows read and their sum written; the shared experts' activation.
double finalise_traffic(const TransformerShape& shape) {
  const auto row = static_cast<double>(shape.hidden) * kBf16;
  const auto inter = static_cast<double>(shape.shared * shape.expert_inter);
  return static_cast<double>(shape.top_k + 1) * row +
         inter * (2 * kBf16 + shape.feed_forward.bytes());
}

}  // namespace

std::int64_t Batch::tokens() const {
  std::int64_t total = 0;
  for (const std::int64_t length : lengths) total += length;
  return total;
}

double Batch::attended() const {
  double total = 0;
  for (const std::int64_t length : lengths)
    total += static_cast<double>(length) * static_cast<double>(length) / 2;
  return total;
}

std::vector<Compute> attention_stages(const TransformerShape& shape, const Batch& batch) {
  const auto n = static_cast<double>(batch.tokens());
  return {memory_op(shape, n * attention_traffic(shape)), projections_in(shape, n),
          attention_core(shape, batch), projection_out(shape, n)};
}

std::vector<Compute> dense_stages(const TransformerShape& shape, const Batch& batch) {
  const auto n = static_cast<double>(batch.tokens());
  const auto norm = 4.0 * static_cast<double>(shape.hidden) * kBf16;
  const auto activation =
      static_cast<double>(shape.dense_inter) * (2 * kBf16 + shape.feed_forward.bytes());
  return {memory_op(shape, n * (norm + activation)), feed_forward(shape, n, shape.dense_inter)};
}

std::vector<Compute> router_stages(const TransformerShape& shape, const Batch& batch) {
  return {memory_op(shape, static_cast<double>(batch.tokens()) * router_traffic(shape))};
}

std::vector<Compute> expert_stages(const TransformerShape& shape, const ExpertWork& work) {
  const WeightFormat& format = shape.feed_forward;
  const auto parameters = static_cast<double>(expert_parameters(shape));
  const auto in = static_cast<double>(shape.hidden + shape.expert_inter) * format.bytes();
  const auto out = static_cast<double>(2 * shape.expert_inter + shape.hidden) * kBf16;
  const double bytes =
      static_cast<double>(work.experts) * parameters * format.bytes() + work.pairs * (in + out);
  std::vector<Product> products;
  if (work.experts > 0)
    products = network(shape, shape.expert_inter,
                       rows_of(work.pairs / static_cast<double>(work.experts)), work.experts);
  return {{kGroupedGemm,
           2 * parameters * work.pairs,
           whole(bytes),
           WorkKind::grouped_gemm,
           format.precision,
           {},
           std::move(products)},
          memory_op(shape, work.pairs * pair_traffic(shape))};
}

std::vector<Compute> finalise_stages(const TransformerShape& shape, const Batch& batch) {
  const auto n = static_cast<double>(batch.tokens());
  std::vector<Compute> stages;
  if (shape.shared > 0) stages.push_back(feed_forward(shape, n, shape.shared * shape.expert_inter));
  stages.push_back(memory_op(shape, n * finalise_traffic(shape)));
  return stages;
}

}  // namespace twinlink::models
