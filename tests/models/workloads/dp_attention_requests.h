#pragma once
// Small requests of layers with data-parallel attention.
#include <numeric>
#include <vector>

#include "models/workloads/dp_attention.h"

namespace twinlink::models {

inline DpAttentionRequest dp_request(int tp, int dp, std::vector<std::int64_t> tokens) {
  DpAttentionRequest request;
  request.gpu_of_rank.resize(static_cast<std::size_t>(tp));
  std::iota(request.gpu_of_rank.begin(), request.gpu_of_rank.end(), 0);
  request.dp = dp;
  request.tokens = std::move(tokens);
  request.hidden = 12;
  request.element = ElementType::fp32;
  request.attention.kernel = "attention";
  request.mlp.kernel = "grouped_gemm";
  return request;
}

inline DpAttentionRequest dp_request(int tp, int dp, std::int64_t tokens) {
  return dp_request(tp, dp, std::vector<std::int64_t>(static_cast<std::size_t>(dp), tokens));
}

// 5, 8, 2, 5, 8, 2, ... tokens.
inline std::vector<std::int64_t> ragged_tokens(int dp) {
  std::vector<std::int64_t> tokens;
  for (int g = 0; g < dp; ++g) tokens.push_back(2 + (3 * g + 3) % 9);
  return tokens;
}

inline const CollectiveNames kDirect{"two_shot", "direct", "direct"};
inline const CollectiveNames kNccl{"nccl", "nccl", "nccl"};

}  // namespace twinlink::models
