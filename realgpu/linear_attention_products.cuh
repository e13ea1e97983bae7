#pragma once
// Products of panels by wgmma (device code, sm_90a): 64 x 64 sums of a warpgroup's four warps.
//
// They are asynchronous: begin(sums...), multiply..., commit_products(), wait_for_products<n>()
// (all but the last n groups are done); until then nobody touches sums, operands or panels. Panels
// that were written by ordinary stores or by cp.async need show_to_products() and a barrier first.
#include "realgpu/linear_attention_panels.cuh"

namespace twinlink::realgpu {

__device__ __forceinline__ void hold(Tile& tile) {
#pragma unroll
  for (float& value : tile.v) asm volatile("" : "+f"(value)::"memory");
}
template <class... Tiles>
__device__ __forceinline__ void begin(Tiles&... sums) {
  (hold(sums), ...);
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
__device__ __forceinline__ void commit_products() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
template <int kLeft, class... Tiles>
__device__ __forceinline__ void wait_for_products(Tiles&... sums) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kLeft) : "memory");
  (hold(sums), ...);
}

// Along what a panel is summed, 16 at a time: its columns (step k: 32 bytes of each row) or its
// rows (step k: 16 rows).
enum class Along : std::uint8_t { columns, rows };

template <Along kAlong>
__device__ __forceinline__ std::uint64_t operand_at(std::uint32_t panel, int k) {
  const std::uint32_t address =
      panel + static_cast<std::uint32_t>(k) * (kAlong == Along::columns ? 32u : 2048u);
  constexpr std::uint64_t kSwizzle128 = std::uint64_t{1} << 62;
  constexpr std::uint64_t kEightRows = std::uint64_t{1024 >> 4} << 32;
  constexpr std::uint64_t kLeading = std::uint64_t{1024 >> 4} << 16;  // never used: one panel wide
  return kSwizzle128 | kEightRows | kLeading | ((address & 0x3FFFF) >> 4);
}

// sums += A B, 64 x 16 times 16 x 64: a step of panels, or fragments of the four warps and a panel.
template <Along kB>
__device__ __forceinline__ void multiply(Tile& sums, std::uint64_t a, std::uint64_t b) {
  auto& v = sums.v;
  asm volatile(
      "{ .reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
      "%32, %33, p, 1, 1, 0, %34; }"
      : "+f"(v[0]), "+f"(v[1]), "+f"(v[2]), "+f"(v[3]), "+f"(v[4]), "+f"(v[5]), "+f"(v[6]),
        "+f"(v[7]), "+f"(v[8]), "+f"(v[9]), "+f"(v[10]), "+f"(v[11]), "+f"(v[12]), "+f"(v[13]),
        "+f"(v[14]), "+f"(v[15]), "+f"(v[16]), "+f"(v[17]), "+f"(v[18]), "+f"(v[19]), "+f"(v[20]),
        "+f"(v[21]), "+f"(v[22]), "+f"(v[23]), "+f"(v[24]), "+f"(v[25]), "+f"(v[26]), "+f"(v[27]),
        "+f"(v[28]), "+f"(v[29]), "+f"(v[30]), "+f"(v[31])
      : "l"(a), "l"(b), "n"(kB == Along::rows ? 1 : 0));
}
template <Along kB>
__device__ __forceinline__ void multiply(Tile& sums, const Fragment& a, std::uint64_t b) {
  auto& v = sums.v;
  asm volatile(
      "{ .reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
      "{%32, %33, %34, %35}, %36, p, 1, 1, %37; }"
      : "+f"(v[0]), "+f"(v[1]), "+f"(v[2]), "+f"(v[3]), "+f"(v[4]), "+f"(v[5]), "+f"(v[6]),
        "+f"(v[7]), "+f"(v[8]), "+f"(v[9]), "+f"(v[10]), "+f"(v[11]), "+f"(v[12]), "+f"(v[13]),
        "+f"(v[14]), "+f"(v[15]), "+f"(v[16]), "+f"(v[17]), "+f"(v[18]), "+f"(v[19]), "+f"(v[20]),
        "+f"(v[21]), "+f"(v[22]), "+f"(v[23]), "+f"(v[24]), "+f"(v[25]), "+f"(v[26]), "+f"(v[27]),
        "+f"(v[28]), "+f"(v[29]), "+f"(v[30]), "+f"(v[31])
      : "r"(a.r[0]), "r"(a.r[1]), "r"(a.r[2]), "r"(a.r[3]), "l"(b), "n"(kB == Along::rows ? 1 : 0));
}
// sums += A B for whole panels, A summed along its columns.
template <Along kB>
__device__ __forceinline__ void multiply_panels(Tile& sums, std::uint32_t a, std::uint32_t b) {
#pragma unroll
  for (int k = 0; k < 4; ++k)
    multiply<kB>(sums, operand_at<Along::columns>(a, k), operand_at<kB>(b, k));
}
// sums += A B with A's four fragments of columns, B summed along its rows.
__device__ __forceinline__ void multiply_rows(Tile& sums, const Fragment (&a)[4], std::uint32_t b) {
#pragma unroll
  for (int k = 0; k < 4; ++k) multiply<Along::rows>(sums, a[k], operand_at<Along::rows>(b, k));
}

}  // namespace twinlink::realgpu
