#pragma once
// Compute ops of a fused launch: FLOPs (fused multiply-adds in four chains) and reads, as in
// work_kernel.cu.
#include "realgpu/fused_block.cuh"

namespace twinlink::realgpu {

__device__ inline void run_work(const Block& block, const Step& step) {
  const std::int64_t lane_threads = std::int64_t{block.lane.ctas} * block.lane.threads;
  if (static_cast<int>(threadIdx.x) >= block.lane.threads) return;
  const Operand& buffer = step.sources[0];
  const std::int64_t vectors = buffer.bytes / 16;
  const std::int64_t per_turn = lane_threads * 16;
  const std::int64_t loads = (step.head->elements + per_turn - 1) / per_turn;
  const std::int64_t turns = loads > 0 ? loads : 1;
  const auto fmas = static_cast<std::int64_t>(ceil(
      step.head->flops / (static_cast<double>(lane_threads) * static_cast<double>(turns) * 8)));
  std::int64_t at = std::int64_t{block.number} * block.lane.threads + threadIdx.x;
  float chain[4] = {1.0f, 2.0f, 3.0f, 4.0f};
  float loaded = 0;
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    if (turn < loads) {
      const float4 value = static_cast<const float4*>(buffer.address)[at % vectors];
      loaded += value.x + value.y + value.z + value.w;
      at += lane_threads;
    }
    for (std::int64_t i = 0; i < fmas; ++i)
      for (float& c : chain) c = __fmaf_rn(c, 0.999f, 0.001f);
  }
  // Never true: keeps the compiler from dropping the work.
  if (chain[0] + chain[1] + chain[2] + chain[3] < 0 || loaded == 1.2345e-30f)
    *static_cast<float*>(buffer.address) = loaded;
}

}  // namespace twinlink::realgpu
