#pragma once
// Launches a walk: a thread block per segment and sequence. Kernel: a class with kSharedBytes, made
// from (args, shared memory), with run().
#include "realgpu/linear_attention_walk.cuh"
#include "realgpu/linear_attention_walks.h"

namespace twinlink::realgpu {

constexpr int shared_bytes(int panels) { return kDecayBytes + panels * kPanelBytes; }

template <class Kernel>
__global__ void __launch_bounds__(kWalkThreads, kSegmentsPerSm)
    walk_kernel(const __grid_constant__ AttentionArgs args) {
  extern __shared__ __align__(1024) std::byte shared[];
  Kernel(args, shared).run();
}

template <class Kernel>
void launch_walk(const AttentionArgs& args, cudaStream_t stream) {
  const auto kernel = walk_kernel<Kernel>;
  TL_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               Kernel::kSharedBytes));
  const dim3 grid(static_cast<unsigned>(args.segments), static_cast<unsigned>(args.sequences));
  kernel<<<grid, kWalkThreads, Kernel::kSharedBytes, stream>>>(args);
  TL_CUDA(cudaGetLastError());
}

}  // namespace twinlink::realgpu
