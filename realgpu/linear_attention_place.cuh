#pragma once
// Where the thread block of a walk is, its table of decays, and the way of panels between tensors
// and shared memory (device code). Equations: linear_attention_kernels.h.
#include "realgpu/linear_attention_kernels.h"
#include "realgpu/linear_attention_panels.cuh"

namespace twinlink::realgpu {

inline constexpr int kWalkThreads = 128;
inline constexpr int kDecayBytes = 1024;  // keeps the panels behind it aligned

template <bool kReverse>
class SegmentPlace {
 public:
  __device__ SegmentPlace(const AttentionArgs& args, std::byte* shared)
      : args_(args),
        lane_(static_cast<int>(threadIdx.x) & 31),
        warp_(static_cast<int>(threadIdx.x) >> 5),
        sequence_(static_cast<int>(blockIdx.y)),
        segment_(static_cast<int>(blockIdx.x)),
        begin_(segment_ * args.segment),
        end_(min(args.tokens, begin_ + args.segment)),
        slope_(args.slopes[sequence_ % args.heads]),
        powers_(reinterpret_cast<const float*>(shared) + kBlockTokens),
        panels_(static_cast<std::uint32_t>(__cvta_generic_to_shared(shared)) + kDecayBytes) {
    auto* table = reinterpret_cast<float*>(shared);
    for (int i = static_cast<int>(threadIdx.x); i <= 2 * kBlockTokens; i += kWalkThreads)
      table[i] = i < kBlockTokens ? 0.0f : decay(i - kBlockTokens);
  }

  [[nodiscard]] __device__ int blocks() const { return (end_ - begin_) / kBlockTokens; }
  [[nodiscard]] __device__ int token_of(int i) const {
    return begin_ + (kReverse ? blocks() - 1 - i : i) * kBlockTokens;
  }
  [[nodiscard]] __device__ float decay(int tokens) const {
    return __expf(-slope_ * static_cast<float>(tokens));
  }
  // Tokens between the rank's edge, where the outer state is, and tokens [first, last).
  [[nodiscard]] __device__ int distance(int first, int last) const {
    return kReverse ? args_.tokens - last : first;
  }
  [[nodiscard]] __device__ std::uint32_t panel(int i) const {
    return panels_ + static_cast<std::uint32_t>(i * kPanelBytes);
  }
  [[nodiscard]] __device__ std::int64_t row_of(int token) const {
    return static_cast<std::int64_t>(sequence_) * args_.tokens + token;
  }

  // --- tensors: 64 tokens from `token` on; panels first, first + 1 of one that is 128 wide
  template <int kWidth>
  __device__ void load(std::uint32_t to, const void* tensor, int token) const {
    const int row = static_cast<int>(threadIdx.x) >> 3, chunk = static_cast<int>(threadIdx.x) & 7;
    const auto* from = static_cast<const uint4*>(tensor) + (row_of(token) + row) * (kWidth / 8);
#pragma unroll
    for (int p = 0; p < kWidth / 64; ++p)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        load_async(chunk_at(to + static_cast<std::uint32_t>(p * kPanelBytes), row, chunk) +
                       static_cast<std::uint32_t>(i * 2048),
                   from + 16 * i * (kWidth / 8) + 8 * p + chunk);
  }
  // A warp's rows of a tile, into a panel.
  __device__ void put(std::uint32_t panel, const Tile& tile) const {
    Fragment rounded[4];
    round(tile, rounded);
    put(panel, rounded);
  }
  __device__ void put(std::uint32_t panel, const Fragment (&rounded)[4]) const {
#pragma unroll
    for (int k = 0; k < 4; ++k)
      store_fragment(chunk_at(panel, 16 * warp_ + (lane_ & 15), 2 * k + (lane_ >> 4)), rounded[k]);
  }
  // A warp's own rows of a panel to columns [64 column, 64 column + 64) of a tensor.
  template <int kWidth>
  __device__ void store(std::uint32_t panel, void* tensor, int token, int column) const {
    __syncwarp();
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = 16 * warp_ + 4 * i + (lane_ >> 3), chunk = lane_ & 7;
      uint4 value;
      asm volatile("ld.shared.v4.b32 {%0, %1, %2, %3}, [%4];"
                   : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
                   : "r"(chunk_at(panel, row, chunk))
                   : "memory");
      static_cast<uint4*>(tensor)[(row_of(token) + row) * (kWidth / 8) + 8 * column + chunk] =
          value;
    }
  }
  // What a panel holds where the thread's sums are: added to them.
  __device__ void add_panel(Tile& sums, std::uint32_t panel) const {
#pragma unroll
    for (int n = 0; n < 8; ++n)
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        const int row = 16 * warp_ + (lane_ >> 2) + 8 * h;
        std::uint32_t both;
        asm volatile("ld.shared.b32 %0, [%1];"
                     : "=r"(both)
                     : "r"(chunk_at(panel, row, n) + 4 * static_cast<std::uint32_t>(lane_ & 3))
                     : "memory");
        const float2 values = unpacked(both);
        sums.v[4 * n + 2 * h] += values.x;
        sums.v[4 * n + 2 * h + 1] += values.y;
      }
    __syncwarp();
  }

 protected:
  const AttentionArgs& args_;
  int lane_, warp_, sequence_, segment_, begin_, end_;
  float slope_;
  const float* powers_;  // [-64, 64]: 0 below 0
  std::uint32_t panels_;
};

// Loads kStages - 1 blocks ahead. load(token, stage's panel) brings a block's panels;
// compute(token, panel) uses them, and is done with them when it returns.
template <int kStages, int kPanelsPerStage, class Walk, class Load, class Compute>
__device__ __forceinline__ void for_each_block(const Walk& walk, const Load& load,
                                               const Compute& compute) {
  const int blocks = walk.blocks();
#pragma unroll
  for (int i = 0; i < kStages - 1; ++i) {
    if (i < blocks) load(walk.token_of(i), walk.panel(i * kPanelsPerStage));
    commit_loads();
  }
  int stage = 0, next = kStages - 1;
  for (int i = 0; i < blocks; ++i) {
    wait_for_loads<kStages - 2>();
    show_to_products();
    __syncthreads();
    if (i + kStages - 1 < blocks)
      load(walk.token_of(i + kStages - 1), walk.panel(next * kPanelsPerStage));
    commit_loads();
    compute(walk.token_of(i), walk.panel(stage * kPanelsPerStage));
    stage = stage + 1 == kStages ? 0 : stage + 1;
    next = next + 1 == kStages ? 0 : next + 1;
  }
}

}  // namespace twinlink::realgpu
