#pragma once
// One decode step with attention data parallelism and expert parallelism: the compute ops of a rank
// and what its links carry, for `requests` requests per rank on `ranks` ranks.
//
// A rank passes requests x (1 + drafts) tokens through every layer. Per layer, with the stages of
// layer_stages.h on that many tokens:
//   attention     in place of the prefill core: every request's cache is read once, context x
//                 cached row; FLOPs per token and token attended 2 heads (qk + v), mla absorbed:
//                 2 heads (2 kv_lora + rope)
//   grouped_gemm  tokens x top_k pairs; of a rank's routed/ranks experts those that any token
//                 of any rank chooses: routed/ranks x (1 - (1 - top_k/routed)^(all tokens))
//   all-to-all    one row per token and other rank that holds one of its experts: quantised there,
//                 bf16 back; of `ranks` ranks a token needs ranks x (1 - (1 - 1/ranks)^top_k)
// Choices are uniform and independent. Left out: the sampler, the language model head, the drafting
// layers, skew, all waiting between ranks; absorbed projections count as the expanded ones.
#include <cstdint>
#include <vector>

#include "models/plan/plan.h"
#include "models/workloads/transformer_shape.h"

namespace twinlink::models {

struct DecodeStep {
  std::int64_t requests = 1;  // per rank
  std::int64_t context = 1;   // tokens in each request's cache
  std::int64_t drafts = 0;    // speculative tokens verified with each
  std::int32_t ranks = 1;
};

struct DecodeWork {
  std::vector<Compute> ops;    // of all layers
  double bytes_out = 0;        // that a rank sends, all layers; it receives as much
  std::int64_t transfers = 0;  // dispatches and combines, one after another
};

// Bytes of one token's keys and values, all layers.
double cached_bytes(const TransformerShape& shape);

DecodeWork decode_work(const TransformerShape& shape, const DecodeStep& step);

}  // namespace twinlink::models
