#pragma once
// Device functions that the kernels share: the global timer, stamps and the split of work.
#include <cstdint>

#include "realgpu/kernels.h"

namespace twinlink::realgpu {

__device__ inline unsigned long long global_timer() {
  unsigned long long now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now)::"memory");
  return now;
}

__device__ inline void stamp_start(Stamp* stamp) {
  if (stamp == nullptr) return;
  if (threadIdx.x == 0) atomicMin(&stamp->start, global_timer());
}

// The fence waits until this thread's stores are performed, also those to a peer; only stamped runs
// pay for it.
__device__ inline void stamp_end(Stamp* stamp) {
  if (stamp == nullptr) return;
  __threadfence_system();
  __syncthreads();
  if (threadIdx.x == 0) atomicMax(&stamp->end, global_timer());
}

// The vectors begin, begin + step, ... below end of one thread.
struct Range {
  std::int64_t begin, end, step;
};

// Contiguous: blocks get ranges of equal length, rounded up to 8 vectors (128 bytes of 16-byte
// vectors) so that blocks do not share lines.
__device__ inline Range thread_range(std::int64_t vectors, bool strided) {
  const std::int64_t threads = blockDim.x;
  const std::int64_t blocks = gridDim.x;
  if (strided) return {blockIdx.x * threads + threadIdx.x, vectors, blocks * threads};
  const std::int64_t each = ((vectors + blocks - 1) / blocks + 7) / 8 * 8;
  const std::int64_t first = each * blockIdx.x;
  const std::int64_t last = first + each < vectors ? first + each : vectors;
  return {first + threadIdx.x, last, threads};
}

// How many sources are loaded together with U loads each: 32 or 64 registers of raw data.
template <int U>
inline constexpr int kTogether = U >= 4 ? 2 : 8 / U;
template <int U>
inline constexpr int kMaxThreads = U >= 8 ? 512 : 1024;

}  // namespace twinlink::realgpu
