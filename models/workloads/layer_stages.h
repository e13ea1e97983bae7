#pragma once
// The compute ops of one transformer layer in prefill, for a batch of requests on one rank: a
// roofline per op, T = max(FLOPs / (efficiency x peak), HBM bytes / bandwidth), which the machine
// model evaluates.
//
// Categories (the ops' kernel names): attention (the core), grouped_gemm (routed experts),
// dense_gemm (projections, shared experts, dense layers; one op per precision) and others (what
// moves data only: norms, residuals, rope, quantisation, permutation, activation, finalise).
// With n tokens in requests of lengths L_i, p = n top_k token-expert pairs:
//   attention     sum L_i^2 / 2 x 2 heads (qk + v) FLOPs; q, k, v read and the output written
//   grouped_gemm  p x 2 x parameters of an expert; weights of the experts present, read once
//   dense_gemm    2 x parameters per token; weights once
//   others        n x row traffic listed in layer_stages.cpp, derived tensor by tensor
// Products state the shapes behind the FLOPs; experts get equal numbers of pairs, rounded up.
// Left out: KV cache of earlier chunks, the sampler, the language model head.
#include <cstdint>
#include <span>
#include <vector>

#include "models/plan/plan.h"
#include "models/workloads/transformer_shape.h"

namespace twinlink::models {

inline constexpr const char* kAttention = "attention";
inline constexpr const char* kGroupedGemm = "grouped_gemm";
inline constexpr const char* kDenseGemm = "dense_gemm";
inline constexpr const char* kOthers = "others";
inline constexpr const char* kCommunication = "communication";
inline constexpr const char* kMergeCopy = "d2d_copy";

// The prompts that one rank processes in one forward, by length in tokens.
struct Batch {
  std::vector<std::int64_t> lengths;
  [[nodiscard]] std::int64_t tokens() const;
  [[nodiscard]] double attended() const;  // sum of L^2 / 2
};

// Tokens and experts of a grouped GEMM: pairs of token and expert, experts whose weights are read.
struct ExpertWork {
  double pairs = 0;
  std::int64_t experts = 0;
};

// Norm, projections, attention core and output projection, up to where the feed-forward begins.
std::vector<Compute> attention_stages(const TransformerShape& shape, const Batch& batch);
// The dense network of one of the first layers.
std::vector<Compute> dense_stages(const TransformerShape& shape, const Batch& batch);
// Router, and what is permuted and quantised before the experts; no op reads routed weights.
std::vector<Compute> router_stages(const TransformerShape& shape, const Batch& batch);
// The routed experts, on the pairs that this rank computes; the first op reads their weights.
std::vector<Compute> expert_stages(const TransformerShape& shape, const ExpertWork& work);
// Shared experts and the weighted sum of what the experts gave for the rank's own tokens.
std::vector<Compute> finalise_stages(const TransformerShape& shape, const Batch& batch);

}  // namespace twinlink::models
