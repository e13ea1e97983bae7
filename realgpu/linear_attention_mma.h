#pragma once
// Warp-level pieces of linear_attention_walk.cu (device code): tiles of bf16 rows in shared
// memory, 16-byte chunks permuted within each row so that eight rows at one column meet no bank
// twice; fragments of mma.m16n8k16.
#include <cuda_bf16.h>

#include <cstdint>

namespace twinlink::realgpu {

// Shared address of chunk `chunk` (8 elements) of row `row`, rows of kWidth elements.
template <int kWidth>
__device__ __forceinline__ std::uint32_t chunk_at(std::uint32_t tile, int row, int chunk) {
  return tile + static_cast<std::uint32_t>(row * kWidth * 2 + ((chunk ^ (row & 7)) << 4));
}

__device__ __forceinline__ void load_async(std::uint32_t to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}
__device__ __forceinline__ void commit_loads() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
__device__ __forceinline__ void wait_for_loads() {
  asm volatile("cp.async.wait_group 0;" ::: "memory");
}

struct Fragment {  // of A: 16 x 16; of B: two of 16 x 8, next to each other
  std::uint32_t r[4];
};

__device__ __forceinline__ Fragment load_fragment(std::uint32_t address) {
  Fragment f;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f.r[0]), "=r"(f.r[1]), "=r"(f.r[2]), "=r"(f.r[3])
               : "r"(address)
               : "memory");
  return f;
}
__device__ __forceinline__ Fragment load_transposed(std::uint32_t address) {
  Fragment f;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(f.r[0]), "=r"(f.r[1]), "=r"(f.r[2]), "=r"(f.r[3])
               : "r"(address)
               : "memory");
  return f;
}
__device__ __forceinline__ void store_transposed(std::uint32_t address, const Fragment& f) {
  asm volatile(
      "stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address),
      "r"(f.r[0]), "r"(f.r[1]), "r"(f.r[2]), "r"(f.r[3])
      : "memory");
}

// c += A B for the 16 x 8 half `half` of B.
__device__ __forceinline__ void multiply_add(float (&c)[4], const Fragment& a, const Fragment& b,
                                             int half) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a.r[0]), "r"(a.r[1]), "r"(a.r[2]), "r"(a.r[3]), "r"(b.r[2 * half]),
        "r"(b.r[2 * half + 1]));
}

__device__ __forceinline__ std::uint32_t packed(float low, float high) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&both);
}
__device__ __forceinline__ float2 unpacked(std::uint32_t both) {
  return __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(&both));
}
// Two accumulators of 16 x 8 as an A of 16 x 16 (or, transposed on storing, as four 8 x 8).
__device__ __forceinline__ Fragment as_operand(const float (&left)[4], const float (&right)[4]) {
  return {{packed(left[0], left[1]), packed(left[2], left[3]), packed(right[0], right[1]),
           packed(right[2], right[3])}};
}
__device__ __forceinline__ std::uint32_t scaled(std::uint32_t both, float low, float high) {
  const float2 values = unpacked(both);
  return packed(values.x * low, values.y * high);
}

}  // namespace twinlink::realgpu
