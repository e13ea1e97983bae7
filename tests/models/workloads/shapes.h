#pragma once
// Shapes and requests for the tests of workloads.
#include <numeric>

#include "models/workloads/dep.h"
#include "models/workloads/dwdp.h"

namespace twinlink::models::test {

inline constexpr WeightFormat kBf16{Precision::bf16, 2, 0};
inline constexpr WeightFormat kNvfp4{Precision::fp4, 0.5, 0.0625};

// DeepSeek-V3/R1, inference/configs/config_671B.json; experts in NVFP4, the rest in bf16.
inline TransformerShape deepseek_r1() {
  TransformerShape s;
  s.name = "deepseek-r1-nvfp4";
  s.layers = 61, s.dense_layers = 3;
  s.hidden = 7168, s.dense_inter = 18432, s.expert_inter = 2048;
  s.routed = 256, s.shared = 1, s.top_k = 8;
  s.vocabulary = 129280;
  s.attention = {AttentionKind::mla, 128, 0, 192, 128, 1536, 512, 64};
  s.projection = s.output = kBf16;
  s.feed_forward = kNvfp4;
  s.kv_bytes_per_element = 1;
  return s;
}

// Small enough to prove in no time; its tensors are multiples of 2 bytes.
inline TransformerShape small_shape() {
  TransformerShape s;
  s.name = "small";
  s.layers = 6, s.dense_layers = 1;
  s.hidden = 256, s.dense_inter = 512, s.expert_inter = 128;
  s.routed = 8, s.shared = 1, s.top_k = 2;
  s.vocabulary = 1000;
  s.attention = {AttentionKind::gqa, 4, 2, 64, 64, 0, 0, 0};
  s.projection = s.output = kBf16;
  s.feed_forward = kNvfp4;
  return s;
}

inline std::vector<std::int32_t> ranks_on_gpus(std::int32_t ranks) {
  std::vector<std::int32_t> gpus(static_cast<std::size_t>(ranks));
  std::iota(gpus.begin(), gpus.end(), 0);
  return gpus;
}

// The same requests on every rank in every forward.
inline std::vector<std::vector<Batch>> equal_batches(std::size_t forwards, std::int32_t ranks,
                                                     const Batch& batch) {
  return std::vector<std::vector<Batch>>(
      forwards, std::vector<Batch>(static_cast<std::size_t>(ranks), batch));
}

inline DwdpRequest dwdp_request(const TransformerShape& shape, std::int32_t ranks,
                                const Batch& batch) {
  DwdpRequest request;
  request.shape = shape;
  request.gpu_of_rank = ranks_on_gpus(ranks);
  request.placement = even_placement(shape.routed, ranks);
  request.forwards = equal_batches(1, ranks, batch);
  return request;
}

inline DepRequest dep_request(const TransformerShape& shape, std::int32_t ranks,
                              const Batch& batch) {
  DepRequest request;
  request.shape = shape;
  request.gpu_of_rank = ranks_on_gpus(ranks);
  request.forwards = equal_batches(1, ranks, batch);
  const std::vector<double> equal(static_cast<std::size_t>(ranks), 1.0 / ranks);
  request.loads.assign(static_cast<std::size_t>(shape.moe_layers()), equal);
  return request;
}

}  // namespace twinlink::models::test
