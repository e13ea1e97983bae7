#pragma once
// The dimensions of a transformer with mixture-of-experts layers, and the parameters, bytes and
// FLOPs that follow from them.
//
// `dense_layers` layers at the front have one dense feed-forward network, the others `routed`
// experts, of which a token visits `top_k`, and `shared` experts that all tokens visit. Every
// feed-forward network is gated: 3 matrices hidden x inter. Attention is either
//   gqa  q, k, v, o; `kv_heads` heads of keys and values
//   mla  latent: q through q_lora, k and v through kv_lora; in prefill they are expanded (kv_b)
// FLOPs are 2 per parameter and token, and 2 heads (qk + v) per token and token attended.
// Left out: biases, norms' weights, sliding windows (all layers attend to all), MTP layers.
// Source of the shipped dimensions: scenarios/profiles/models/*.json.
#include <cstdint>
#include <string>
#include <vector>

#include "models/plan/vocabulary.h"
#include "topology/units.h"

namespace twinlink::models {

enum class AttentionKind : std::uint8_t { gqa, mla };

struct AttentionShape {
  AttentionKind kind = AttentionKind::gqa;
  std::int64_t heads = 0, kv_heads = 0;
  std::int64_t qk_head = 0;                        // elements per head of q and of k
  std::int64_t v_head = 0;                         // of v
  std::int64_t q_lora = 0, kv_lora = 0, rope = 0;  // mla: ranks; rope part of qk_head
};

// How weights of one class are stored: what they are calculated in, and bytes per parameter of the
// values and of their block scales.
struct WeightFormat {
  Precision precision = Precision::bf16;
  double value_bytes = 2;
  double scale_bytes = 0;
  [[nodiscard]] double bytes() const { return value_bytes + scale_bytes; }
};

struct TransformerShape {
  std::string name;
  std::int64_t layers = 0, dense_layers = 0;
  std::int64_t hidden = 0, dense_inter = 0, expert_inter = 0;
  std::int64_t routed = 0, shared = 0, top_k = 0;
  std::int64_t vocabulary = 0;
  AttentionShape attention;
  Precision attention_precision = Precision::bf16;  // of the core: q k^T and p v
  WeightFormat projection;                          // q, k, v (mla: q_a, q_b, kv_a, kv_b)
  WeightFormat output;                              // o
  WeightFormat feed_forward;                        // experts, shared experts, dense layers
  std::int64_t kv_bytes_per_element = 2;
  double elementwise = 1;  // bytes that elementwise kernels move per byte of their tensors

  [[nodiscard]] std::int64_t moe_layers() const { return layers - dense_layers; }
};

// Parameters of one layer's attention, by matrix.
struct AttentionParameters {
  std::int64_t q = 0, kv = 0, kv_up = 0, output = 0;
  [[nodiscard]] std::int64_t total() const { return q + kv + kv_up + output; }
};
AttentionParameters attention_parameters(const TransformerShape& shape);

std::int64_t expert_parameters(const TransformerShape& shape);  // of one routed expert
std::int64_t dense_parameters(const TransformerShape& shape);   // of one dense layer's network
std::int64_t total_parameters(const TransformerShape& shape);   // with both embeddings

// FLOP per token, layer and token attended to, in prefill.
std::int64_t attention_core_flops(const TransformerShape& shape);

// One expert's tensors as they are copied: values and scales of the two matrices, in the order in
// which the runtime names them. Scales are left out where a format has none.
struct ExpertTensor {
  std::string name;
  Bytes bytes;
};
std::vector<ExpertTensor> expert_tensors(const TransformerShape& shape);
Bytes expert_bytes(const TransformerShape& shape);  // their sum

// What every rank holds of the model when only routed experts are shared out: attention, dense
// layers, shared experts, routers (bf16) and both embeddings (bf16).
Bytes replicated_bytes(const TransformerShape& shape);

// One row of activations as it travels: hidden elements in bf16, or in the format of the experts
// with its scales.
Bytes bf16_row(const TransformerShape& shape);
Bytes quantised_row(const TransformerShape& shape);

// Bad dimensions: InputError with every issue, pointers relative to the shape's object.
void check_shape(const TransformerShape& shape);

}  // namespace twinlink::models
