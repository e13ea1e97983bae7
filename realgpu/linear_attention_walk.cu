#include "realgpu/linear_attention_kernels.h"
#include "realgpu/linear_attention_mma.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

// The walk over one segment.
//
// Everything is transposed, so that the state never leaves the registers: a warp has 16 columns e
// of the values. Its state S^T (16 x D, fp32 accumulators) is, rounded, the left operand of
// O^T = S^T Q^T; scores go through shared memory once; O^T += V^T A^T and S^T += (decayed V)^T K
// share V's fragments. Tiles of the next block load while this one is computed.
template <int kD, int kE, AttentionPart kPart, bool kReverse>
class SegmentWalk {
 public:
  static constexpr int kWarps = kE / 16, kThreads = 32 * kWarps;
  // Tokens of a tile. Small tiles: more thread blocks fit on an SM and hide each other's waits, and
  // less is computed above the diagonal.
  static constexpr int kRows = kPart == AttentionPart::states ? 64 : 32;
  static constexpr int kResident = kPart == AttentionPart::walk && kD < kE ? 3 : 4;  // on an SM
  static constexpr bool kReadsQ = kPart != AttentionPart::states;
  static constexpr bool kReadsKV = kPart != AttentionPart::inter;
  static constexpr int kKeyTile = kRows * kD * 2, kValueTile = kRows * kE * 2;
  static constexpr int kStage = (kReadsQ ? kKeyTile : 0) + (kReadsKV ? kKeyTile + kValueTile : 0);
  static constexpr int kScoreWidth = 64;  // rows of 128 bytes, of which kRows x 2 are used
  static constexpr int kScores = kPart == AttentionPart::walk ? kRows * kScoreWidth * 2 : 0;
  static constexpr int kStaging = kReadsQ ? kValueTile : 0;
  static constexpr int kPowers = (kRows + 1) * 4;
  static constexpr int kSharedBytes = 2 * kStage + kScores + kStaging + kPowers;

  __device__ SegmentWalk(const AttentionArgs& args, std::byte* shared)
      : args_(args),
        lane_(static_cast<int>(threadIdx.x) & 31),
        warp_(static_cast<int>(threadIdx.x) >> 5),
        sequence_(static_cast<int>(blockIdx.y)),
        segment_(static_cast<int>(blockIdx.x)),
        begin_(segment_ * args.segment),
        end_(min(args.tokens, begin_ + args.segment)),
        slope_(args.slopes[sequence_ % args.heads]),
        shared_(static_cast<std::uint32_t>(__cvta_generic_to_shared(shared))),
        powers_(reinterpret_cast<float*>(shared + 2 * kStage + kScores + kStaging)) {}

  __device__ void run() {
    for (int i = static_cast<int>(threadIdx.x); i <= kRows; i += kThreads) powers_[i] = decay(i);
    const int blocks = (end_ - begin_) / kRows;
    load(token_of(0, blocks), 0);
    load_state();
    for (int i = 0; i < blocks; ++i) {
      wait_for_loads();
      __syncthreads();
      if (i + 1 < blocks) load(token_of(i + 1, blocks), (i + 1) & 1);
      compute(token_of(i, blocks), i & 1);
    }
    if constexpr (kPart == AttentionPart::states) store_state();
  }

 private:
  __device__ int token_of(int i, int blocks) const {
    return begin_ + (kReverse ? blocks - 1 - i : i) * kRows;
  }
  __device__ float decay(int tokens) const { return __expf(-slope_ * static_cast<float>(tokens)); }
  // The factor of a state for token t of a block, and a token's weight in the block's state.
  __device__ float factor(int t) const { return powers_[kReverse ? kRows - t : t]; }
  __device__ float weight(int t) const { return powers_[kReverse ? t : kRows - t]; }

  // --- tiles
  __device__ std::uint32_t q_tile(int stage) const { return shared_ + stage * kStage; }
  __device__ std::uint32_t k_tile(int stage) const {
    return q_tile(stage) + (kReadsQ ? kKeyTile : 0);
  }
  __device__ std::uint32_t v_tile(int stage) const { return k_tile(stage) + kKeyTile; }
  __device__ std::uint32_t scores() const { return shared_ + 2 * kStage; }
  __device__ std::uint32_t staging() const { return scores() + kScores + warp_ * kRows * 32; }

  template <int kWidth>
  __device__ void load_tile(std::uint32_t tile, const void* tensor, int token) const {
    constexpr int kChunks = kWidth / 8;
    const auto* rows = static_cast<const uint4*>(tensor) +
                       (static_cast<std::int64_t>(sequence_) * args_.tokens + token) * kChunks;
#pragma unroll
    for (int i = 0; i < kRows * kChunks / kThreads; ++i) {
      const int at = i * kThreads + static_cast<int>(threadIdx.x);
      load_async(chunk_at<kWidth>(tile, at / kChunks, at % kChunks), rows + at);
    }
  }
  __device__ void load(int token, int stage) const {
    if constexpr (kReadsQ) load_tile<kD>(q_tile(stage), args_.q, token);
    if constexpr (kReadsKV) {
      load_tile<kD>(k_tile(stage), args_.k, token);
      load_tile<kE>(v_tile(stage), args_.v, token);
    }
    commit_loads();
  }

  // --- states: element (16 warp + row, column) of S^T; memory is d_k x d_v
  __device__ static int state_at(int row, int column) {
    return kD == kKeyWidth ? column * kValueWidth + row : row * kValueWidth + column;
  }
  template <class Use>
  __device__ void for_each_state(const Use& use) {
#pragma unroll
    for (int n = 0; n < kD / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        use(state_[n][i],
            state_at(16 * warp_ + (lane_ >> 2) + 8 * (i >> 1), 8 * n + 2 * (lane_ & 3) + (i & 1)));
  }
  __device__ float* own_state() const {
    const std::int64_t index = static_cast<std::int64_t>(sequence_) * args_.segments + segment_;
    return args_.states + index * kStateElements;
  }
  __device__ void load_state() {
    for_each_state([](float& value, int) { value = 0; });
    if constexpr (kPart == AttentionPart::states) return;
    if constexpr (kPart == AttentionPart::walk) {
      const float* inner = own_state();
      for_each_state([&](float& value, int at) { value = inner[at]; });
    }
    if (args_.outer == nullptr) return;
    const float* outer = args_.outer[sequence_ / args_.per_rank] +
                         static_cast<std::int64_t>(sequence_ % args_.per_rank) * kStateElements;
    const float far = kPart == AttentionPart::walk ? decay(distance(begin_, end_)) : 1.0f;
    for_each_state([&](float& value, int at) { value += far * outer[at]; });
  }
  // Tokens between the rank's edge, where `outer` is, and tokens [first, last).
  __device__ int distance(int first, int last) const {
    return kReverse ? args_.tokens - last : first;
  }
  __device__ void store_state() {
    float* to = own_state();
    for_each_state([&](float& value, int at) { to[at] = value; });
  }

  // --- one block
  __device__ void compute(int token, int stage) {
    if constexpr (kPart == AttentionPart::walk) {
      make_scores(stage);
      __syncthreads();
    }
    float out[kRows / 8][4] = {};
    if constexpr (kReadsQ) {
      apply_state(out, stage);
      const float far =
          kPart == AttentionPart::inter ? decay(distance(token, token + kRows)) : 1.0f;
#pragma unroll
      for (int n = 0; n < kRows / 8; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) out[n][i] *= far * factor(8 * n + 2 * (lane_ & 3) + (i & 1));
    }
    if constexpr (kReadsKV) {
      for_each_state([&](float& value, int) { value *= powers_[kRows]; });
#pragma unroll
      for (int kk = 0; kk < kRows / 16; ++kk) fold_in(out, kk, stage);
    }
    if constexpr (kReadsQ) store(out, token);
  }

  // Whether scores of tokens [t, t + 16) and [j, j + 16) are all 0.
  __device__ static bool masked(int t, int j) { return kReverse ? j < t : j > t; }
  __device__ float score_decay(int t, int j) const {
    const int apart = kReverse ? j - t : t - j;
    return apart >= 0 ? powers_[apart] : 0.0f;
  }

  // A warp has one tile of 16 x 16; tiles above the diagonal are never read.
  __device__ void make_scores(int stage) const {
    static_assert(kRows == 32 || kPart != AttentionPart::walk);
    const int t0 = 16 * (warp_ & 1), j0 = 16 * (warp_ >> 1);
    if (warp_ >= 4 || masked(t0, j0)) return;
    float c[2][4] = {};
#pragma unroll
    for (int kk = 0; kk < kD / 16; ++kk) {
      const Fragment a =
          load_fragment(chunk_at<kD>(q_tile(stage), t0 + (lane_ & 15), 2 * kk + (lane_ >> 4)));
      const Fragment b = load_rows<kD>(k_tile(stage), j0, kk);
      multiply_add(c[0], a, b, 0);
      multiply_add(c[1], a, b, 1);
    }
#pragma unroll
    for (int n = 0; n < 2; ++n)
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        const int t = t0 + (lane_ >> 2) + 8 * h, j = j0 + 8 * n + 2 * (lane_ & 3);
        const std::uint32_t both =
            packed(c[n][2 * h] * score_decay(t, j), c[n][2 * h + 1] * score_decay(t, j + 1));
        const std::uint32_t to = chunk_at<kScoreWidth>(scores(), t, j >> 3) + 4 * (lane_ & 3);
        asm volatile("st.shared.b32 [%0], %1;" ::"r"(to), "r"(both) : "memory");
      }
  }

  // B of 16 x 16 whose columns are the tile's rows [first, first + 16).
  template <int kWidth>
  __device__ Fragment load_rows(std::uint32_t tile, int first, int kk) const {
    return load_fragment(chunk_at<kWidth>(tile, first + (lane_ & 7) + ((lane_ >> 4) << 3),
                                          2 * kk + ((lane_ >> 3) & 1)));
  }

  __device__ void apply_state(float (&out)[kRows / 8][4], int stage) const {
#pragma unroll
    for (int kk = 0; kk < kD / 16; ++kk) {
      const Fragment a = as_operand(state_[2 * kk], state_[2 * kk + 1]);
#pragma unroll
      for (int n = 0; n < kRows / 16; ++n) {
        const Fragment b = load_rows<kD>(q_tile(stage), 16 * n, kk);
        multiply_add(out[2 * n], a, b, 0);
        multiply_add(out[2 * n + 1], a, b, 1);
      }
    }
  }

  // Tokens [16 kk, 16 kk + 16): their part of the output and of the state.
  __device__ void fold_in(float (&out)[kRows / 8][4], int kk, int stage) {
    Fragment values =
        load_transposed(chunk_at<kE>(v_tile(stage), 16 * kk + (lane_ & 7) + ((lane_ >> 4) << 3),
                                     2 * warp_ + ((lane_ >> 3) & 1)));
    if constexpr (kPart == AttentionPart::walk) {
#pragma unroll
      for (int n = 0; n < kRows / 16; ++n) {
        if (masked(16 * n, 16 * kk)) continue;
        const Fragment b = load_rows<kScoreWidth>(scores(), 16 * n, kk);
        multiply_add(out[2 * n], values, b, 0);
        multiply_add(out[2 * n + 1], values, b, 1);
      }
    }
    const int j = 16 * kk + 2 * (lane_ & 3);
#pragma unroll
    for (int i = 0; i < 4; ++i)
      values.r[i] = scaled(values.r[i], weight(j + 8 * (i >> 1)), weight(j + 8 * (i >> 1) + 1));
#pragma unroll
    for (int n = 0; n < kD / 16; ++n) {
      const Fragment b = load_transposed(chunk_at<kD>(
          k_tile(stage), 16 * kk + (lane_ & 7) + (((lane_ >> 3) & 1) << 3), 2 * n + (lane_ >> 4)));
      multiply_add(state_[2 * n], values, b, 0);
      multiply_add(state_[2 * n + 1], values, b, 1);
    }
  }

  // O^T through shared memory: 16 bytes of a token a lane.
  __device__ void store(const float (&out)[kRows / 8][4], int token) const {
    __syncwarp();
#pragma unroll
    for (int n = 0; n < kRows / 16; ++n)
      store_transposed(
          staging() + (16 * n + (lane_ & 7) + ((lane_ >> 4) << 3)) * 32 + ((lane_ >> 3) & 1) * 16,
          as_operand(out[2 * n], out[2 * n + 1]));
    __syncwarp();
#pragma unroll
    for (int i = 0; i < kRows / 16; ++i) {
      const int at = 32 * i + lane_;
      uint4 value;
      asm volatile("ld.shared.v4.b32 {%0, %1, %2, %3}, [%4];"
                   : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
                   : "r"(staging() + at * 16)
                   : "memory");
      const std::int64_t row =
          static_cast<std::int64_t>(sequence_) * args_.tokens + token + (at >> 1);
      auto* to = reinterpret_cast<uint4*>(static_cast<__nv_bfloat16*>(args_.o) + row * kE +
                                          16 * warp_ + 8 * (at & 1));
      if constexpr (kPart == AttentionPart::inter) value = sum(*to, value);
      *to = value;
    }
  }
  __device__ static std::uint32_t sum(std::uint32_t a, std::uint32_t b) {
    const float2 x = unpacked(a), y = unpacked(b);
    return packed(x.x + y.x, x.y + y.y);
  }
  __device__ static uint4 sum(const uint4& a, const uint4& b) {
    return {sum(a.x, b.x), sum(a.y, b.y), sum(a.z, b.z), sum(a.w, b.w)};
  }

  const AttentionArgs& args_;
  int lane_, warp_, sequence_, segment_, begin_, end_;
  float slope_;
  std::uint32_t shared_;
  float* powers_;
  float state_[kD / 8][4];
};

template <int kD, int kE, AttentionPart kPart, bool kReverse>
__global__ void __launch_bounds__(SegmentWalk<kD, kE, kPart, kReverse>::kThreads,
                                  SegmentWalk<kD, kE, kPart, kReverse>::kResident)
    attention_kernel(const AttentionArgs args) {
  extern __shared__ __align__(128) std::byte shared[];
  SegmentWalk<kD, kE, kPart, kReverse>(args, shared).run();
}

template <int kD, int kE, AttentionPart kPart, bool kReverse>
void launch(const AttentionArgs& args, cudaStream_t stream) {
  using Walk = SegmentWalk<kD, kE, kPart, kReverse>;
  const auto kernel = attention_kernel<kD, kE, kPart, kReverse>;
  TL_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               Walk::kSharedBytes));
  const dim3 grid(static_cast<unsigned>(args.segments), static_cast<unsigned>(args.sequences));
  kernel<<<grid, Walk::kThreads, Walk::kSharedBytes, stream>>>(args);
  TL_CUDA(cudaGetLastError());
}

template <int kD, int kE, bool kReverse>
void launch_part(AttentionPart part, const AttentionArgs& args, cudaStream_t stream) {
  switch (part) {
    case AttentionPart::states:
      return launch<kD, kE, AttentionPart::states, kReverse>(args, stream);
    case AttentionPart::walk: return launch<kD, kE, AttentionPart::walk, kReverse>(args, stream);
    case AttentionPart::inter: return launch<kD, kE, AttentionPart::inter, kReverse>(args, stream);
  }
}

}  // namespace

void launch_attention(const AttentionLaunch& how, const AttentionArgs& args, cudaStream_t stream) {
  constexpr int kWide = kKeyWidth, kNarrow = kValueWidth;
  TL_ENSURE(args.tokens % kBlockTokens == 0 && args.segment % kBlockTokens == 0,
            "whole blocks of tokens");
  if (how.wide_values && how.reverse)
    return launch_part<kNarrow, kWide, true>(how.part, args, stream);
  if (how.wide_values) return launch_part<kNarrow, kWide, false>(how.part, args, stream);
  if (how.reverse) return launch_part<kWide, kNarrow, true>(how.part, args, stream);
  launch_part<kWide, kNarrow, false>(how.part, args, stream);
}

}  // namespace twinlink::realgpu
