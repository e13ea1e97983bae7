#include "models/workloads/transformer_shape.h"

#include <cmath>

#include "topology/error.h"

namespace twinlink::models {
namespace {

Bytes weight_bytes(std::int64_t parameters, double per_parameter) {
  return {std::llround(static_cast<double>(parameters) * per_parameter)};
}

std::int64_t router_parameters(const TransformerShape& shape) {
  return shape.hidden * shape.routed;
}

constexpr double kBf16Bytes = 2;
constexpr std::int64_t kMatrices = 3;  // gate, up, down

class ShapeCheck {
 public:
  void positive(std::int64_t value, const char* field) {
    if (value <= 0) fail(field, "must be at least 1, not " + std::to_string(value));
  }
  void fail(const char* field, const std::string& message) {
    issues_.push_back({std::string("/") + field, message, {}, 0, 0});
  }
  void finish() {
    if (!issues_.empty()) throw InputError(std::move(issues_));
  }

 private:
  std::vector<InputIssue> issues_;
};

void check_attention(const AttentionShape& attention, ShapeCheck& check) {
  check.positive(attention.heads, "attention/heads");
  check.positive(attention.qk_head, "attention/qk_head");
  check.positive(attention.v_head, "attention/v_head");
  if (attention.kind == AttentionKind::gqa) {
    check.positive(attention.kv_heads, "attention/kv_heads");
    return;
  }
  check.positive(attention.q_lora, "attention/q_lora");
  check.positive(attention.kv_lora, "attention/kv_lora");
  if (attention.rope < 0 || attention.rope > attention.qk_head)
    check.fail("attention/rope", "must lie within qk_head");
}

}  // namespace

AttentionParameters attention_parameters(const TransformerShape& shape) {
  const AttentionShape& a = shape.attention;
  const std::int64_t output = a.heads * a.v_head * shape.hidden;
  if (a.kind == AttentionKind::gqa)
    return {shape.hidden * a.heads * a.qk_head, shape.hidden * a.kv_heads * (a.qk_head + a.v_head),
            0, output};
  const std::int64_t no_rope = a.qk_head - a.rope;
  return {shape.hidden * a.q_lora + a.q_lora * a.heads * a.qk_head,
          shape.hidden * (a.kv_lora + a.rope), a.kv_lora * a.heads * (no_rope + a.v_head), output};
}

std::int64_t expert_parameters(const TransformerShape& shape) {
  return kMatrices * shape.hidden * shape.expert_inter;
}

std::int64_t dense_parameters(const TransformerShape& shape) {
  return kMatrices * shape.hidden * shape.dense_inter;
}

std::int64_t total_parameters(const TransformerShape& shape) {
  const std::int64_t experts = (shape.routed + shape.shared) * expert_parameters(shape);
  return shape.layers * attention_parameters(shape).total() +
         shape.dense_layers * dense_parameters(shape) +
         shape.moe_layers() * (experts + router_parameters(shape)) +
         2 * shape.vocabulary * shape.hidden;
}

std::int64_t attention_core_flops(const TransformerShape& shape) {
  const AttentionShape& a = shape.attention;
  return 2 * a.heads * (a.qk_head + a.v_head);
}

std::vector<ExpertTensor> expert_tensors(const TransformerShape& shape) {
  const WeightFormat& format = shape.feed_forward;
  const std::int64_t down = shape.hidden * shape.expert_inter;
  std::vector<ExpertTensor> tensors{{"w3_w1_weight", weight_bytes(2 * down, format.value_bytes)},
                                    {"w2_weight", weight_bytes(down, format.value_bytes)}};
  if (format.scale_bytes <= 0) return tensors;
  tensors.push_back({"w3_w1_weight_scale", weight_bytes(2 * down, format.scale_bytes)});
  tensors.push_back({"w2_weight_scale", weight_bytes(down, format.scale_bytes)});
  return tensors;
}

Bytes expert_bytes(const TransformerShape& shape) {
  Bytes total;
  for (const ExpertTensor& tensor : expert_tensors(shape)) total += tensor.bytes;
  return total;
}

Bytes replicated_bytes(const TransformerShape& shape) {
  const AttentionParameters a = attention_parameters(shape);
  const Bytes attention = weight_bytes(a.q + a.kv + a.kv_up, shape.projection.bytes()) +
                          weight_bytes(a.output, shape.output.bytes());
  const double network = shape.feed_forward.bytes();
  const Bytes moe = weight_bytes(shape.shared * expert_parameters(shape), network) +
                    weight_bytes(router_parameters(shape), kBf16Bytes);
  return attention * shape.layers + moe * shape.moe_layers() +
         weight_bytes(dense_parameters(shape), network) * shape.dense_layers +
         weight_bytes(2 * shape.vocabulary * shape.hidden, kBf16Bytes);
}

Bytes bf16_row(const TransformerShape& shape) { return weight_bytes(shape.hidden, kBf16Bytes); }

Bytes quantised_row(const TransformerShape& shape) {
  return weight_bytes(shape.hidden, shape.feed_forward.bytes());
}

void check_shape(const TransformerShape& shape) {
  ShapeCheck check;
  check.positive(shape.layers, "layers");
  check.positive(shape.hidden, "hidden");
  check.positive(shape.expert_inter, "expert_inter");
  check.positive(shape.routed, "routed_experts");
  check.positive(shape.top_k, "top_k");
  if (shape.dense_layers < 0 || shape.dense_layers > shape.layers)
    check.fail("dense_layers", "must lie within the layers");
  if (shape.dense_layers > 0) check.positive(shape.dense_inter, "dense_inter");
  if (shape.top_k > shape.routed)
    check.fail("top_k", std::to_string(shape.top_k) + " experts per token of " +
                            std::to_string(shape.routed) + " routed experts");
  check_attention(shape.attention, check);
  check.finish();
}

}  // namespace twinlink::models
