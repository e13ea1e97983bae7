#include "models/workloads/decode.h"

#include <algorithm>
#include <cmath>

#include "models/workloads/layer_stages.h"

namespace twinlink::models {
namespace {

std::int64_t cached_row(const TransformerShape& shape) {
  const AttentionShape& a = shape.attention;
  const std::int64_t row =
      a.kind == AttentionKind::mla ? a.kv_lora + a.rope : a.kv_heads * (a.qk_head + a.v_head);
  return row * shape.kv_bytes_per_element;
}

// Per token and token attended.
std::int64_t core_flops(const TransformerShape& shape) {
  const AttentionShape& a = shape.attention;
  const bool latent = a.kind == AttentionKind::mla;
  return 2 * a.heads * (latent ? 2 * a.kv_lora + a.rope : a.qk_head + a.v_head);
}

Compute decode_core(const TransformerShape& shape, const DecodeStep& step) {
  const auto attended = static_cast<double>(step.requests * step.context);
  const auto tokens_each = static_cast<double>(1 + step.drafts);
  return {kAttention,
          attended * tokens_each * static_cast<double>(core_flops(shape)),
          Bytes{step.requests * step.context * cached_row(shape)},
          WorkKind::attention,
          shape.attention_precision,
          {}};
}

std::vector<Compute> attention_of(const TransformerShape& shape, const DecodeStep& step,
                                  const Batch& batch) {
  std::vector<Compute> ops = attention_stages(shape, batch);
  std::ranges::replace_if(
      ops, [](const Compute& op) { return op.work == WorkKind::attention; },
      decode_core(shape, step));
  return ops;
}

// Routed experts of one rank that any of `tokens` tokens visits.
std::int64_t touched(const TransformerShape& shape, double tokens, std::int32_t ranks) {
  const auto routed = static_cast<double>(shape.routed);
  const double missed = std::pow(1 - static_cast<double>(shape.top_k) / routed, tokens);
  return std::llround(std::ceil(routed / ranks * (1 - missed)));
}

double bytes_per_token(const TransformerShape& shape, std::int32_t ranks) {
  const double n = ranks;
  const double needed = n * (1 - std::pow(1 - 1 / n, static_cast<double>(shape.top_k)));
  const auto rows = static_cast<double>((quantised_row(shape) + bf16_row(shape)).count);
  return needed * (n - 1) / n * rows;
}

void append(std::vector<Compute>& ops, const std::vector<Compute>& more) {
  ops.insert(ops.end(), more.begin(), more.end());
}

}  // namespace

double cached_bytes(const TransformerShape& shape) {
  return static_cast<double>(cached_row(shape) * shape.layers);
}

DecodeWork decode_work(const TransformerShape& shape, const DecodeStep& step) {
  const std::int64_t tokens = step.requests * (1 + step.drafts);
  const Batch batch{std::vector<std::int64_t>(static_cast<std::size_t>(tokens), 1)};
  const double all = static_cast<double>(tokens) * step.ranks;
  const ExpertWork experts{static_cast<double>(tokens * shape.top_k),
                           touched(shape, all, step.ranks)};
  DecodeWork work;
  for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
    append(work.ops, attention_of(shape, step, batch));
    if (layer < shape.dense_layers) {
      append(work.ops, dense_stages(shape, batch));
      continue;
    }
    append(work.ops, router_stages(shape, batch));
    append(work.ops, expert_stages(shape, experts));
    append(work.ops, finalise_stages(shape, batch));
  }
  const auto moe = static_cast<double>(shape.moe_layers());
  work.bytes_out = moe * static_cast<double>(tokens) * bytes_per_token(shape, step.ranks);
  work.transfers = step.ranks > 1 ? 2 * shape.moe_layers() : 0;
  return work;
}

}  // namespace twinlink::models
