#pragma once
// Pieces of the attention kernels (device code, sm_90a): one warpgroup of four warps, panels of
// bf16 in shared memory.
//
// Panel: 64 rows of 64 columns, 128 bytes a row, aligned to 1024 bytes; chunk c (8 elements) of row
// r lies at place c ^ (r mod 8), the hardware's 128-byte swizzle. Tensors of 128 columns are two
// panels. Tile: 64 x 64 sums in fp32, 32 a thread: warp w has rows 16 w to 16 w + 15.
#include <cuda_bf16.h>

#include <cstdint>

namespace twinlink::realgpu {

inline constexpr int kPanelRows = 64, kPanelBytes = kPanelRows * 128;

__device__ __forceinline__ std::uint32_t chunk_at(std::uint32_t panel, int row, int chunk) {
  return panel + static_cast<std::uint32_t>(row * 128 + ((chunk ^ (row & 7)) << 4));
}

__device__ __forceinline__ void load_async(std::uint32_t to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}
__device__ __forceinline__ void commit_loads() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int kLeft>  // groups that may still be under way
__device__ __forceinline__ void wait_for_loads() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kLeft) : "memory");
}

// What this thread has written becomes visible to products, behind a barrier.
__device__ __forceinline__ void show_to_products() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

struct Fragment {  // of A: 16 x 16 of a warp
  std::uint32_t r[4];
};
struct Tile {
  float v[32] =
      {};  // [4 n + i]: row 16 w + lane / 4 + 8 (i / 2), column 8 n + 2 (lane % 4) + i % 2
};

// --- fragments
__device__ __forceinline__ Fragment load_transposed(std::uint32_t address) {
  Fragment f;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f.r[0]), "=r"(f.r[1]), "=r"(f.r[2]), "=r"(f.r[3])
               : "r"(address)
               : "memory");
  return f;
}
__device__ __forceinline__ void store_fragment(std::uint32_t address, const Fragment& f) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address),
               "r"(f.r[0]), "r"(f.r[1]), "r"(f.r[2]), "r"(f.r[3])
               : "memory");
}
__device__ __forceinline__ std::uint32_t packed(float low, float high) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&both);
}
__device__ __forceinline__ float2 unpacked(std::uint32_t both) {
  return __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(&both));
}
__device__ __forceinline__ std::uint32_t scaled(std::uint32_t both, float low, float high) {
  const float2 values = unpacked(both);
  return packed(values.x * low, values.y * high);
}
// A tile as A: a fragment for each 16 columns.
__device__ __forceinline__ void round(const Tile& tile, Fragment (&rounded)[4]) {
#pragma unroll
  for (int i = 0; i < 16; ++i) rounded[i >> 2].r[i & 3] = packed(tile.v[2 * i], tile.v[2 * i + 1]);
}

}  // namespace twinlink::realgpu
