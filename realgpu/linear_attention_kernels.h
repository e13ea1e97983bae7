#pragma once
// Kernels of linear attention with decay (models/workloads/linear_attention.h) for d_k = 128 and
// d_v = 64: bf16 tensors, products on tensor cores, states and sums in fp32.
//
// A tensor is sequences x tokens x width; a sequence is one head of one batch entry of one rank. A
// sequence is cut into segments of whole blocks of 64 tokens; a thread block walks one segment and
// keeps its state in registers. With lambda = exp(-slope), t counted from the segment's begin b:
//   walk     o_t = sum_{j<=t} lambda^(t-j) (q_t k_j) v_j  +  lambda^(t-b) q_t S_b,
//            S_b = states[segment] + lambda^(b - begin) outer
//   states   states[segment] = sum_j lambda^(end-j) k_j^T v_j
//   inter    o_t += lambda^(t - begin) q_t outer
// reverse: the same from the last token to the first (j >= t; end and begin change places, and the
// state's weights are lambda^(j-b), its factors lambda^(end-t)). So walk is the output (q, k, v),
// and reversed dv (k, q, do); with widths exchanged dq (do, v, k) and, reversed, dk (v, do, q).
// scan     states[segment] becomes the state before it (exclusive); the last goes to totals[rank].
// A state is d_k x d_v, row-major. Scores, states and scaled values are rounded to bf16 as operands
// of products. Nothing divides by a decay. Errors: GpuError.
#include <cuda_runtime_api.h>

#include <cstdint>

#include "realgpu/cuda_check.h"

namespace twinlink::realgpu {

inline constexpr int kKeyWidth = 128, kValueWidth = 64, kBlockTokens = 64;
inline constexpr int kStateElements = kKeyWidth * kValueWidth;

enum class AttentionPart : std::uint8_t { states, walk, inter };

struct AttentionArgs {
  const void *q = nullptr, *k = nullptr, *v = nullptr;  // states: k, v; inter: q
  void* o = nullptr;
  float* states = nullptr;              // by sequence and segment
  const float* const* outer = nullptr;  // by rank: states by sequence; null: 0
  float* const* totals = nullptr;       // by rank, for the scan
  const float* slopes = nullptr;        // by head
  int tokens = 0, segment = 0;          // of a sequence; of a segment (the last may be shorter)
  int segments = 1, heads = 1;
  int sequences = 0, per_rank = 1;  // sequences of this launch; of a rank
};

struct AttentionLaunch {
  AttentionPart part = AttentionPart::walk;
  bool wide_values = false;  // q, k are 64 wide and v, o 128 (dq, dk); else 128 and 64
  bool reverse = false;
};

void launch_attention(const AttentionLaunch& launch, const AttentionArgs& args,
                      cudaStream_t stream);
void launch_segment_scan(bool reverse, const AttentionArgs& args, cudaStream_t stream);

// to = lambda^tokens from + local, state by state: what a ring's rank sends. `to` may be a peer's.
struct SendArgs {
  const float *from = nullptr, *local = nullptr, *slopes = nullptr;
  float* to = nullptr;
  int tokens = 0, heads = 1, states = 0;
};
void launch_send(const SendArgs& args, cudaStream_t stream);

// Inputs of linear_attention_values.h: `tokens` of each sequence from token `first` of `total`.
struct FillArgs {
  void* to = nullptr;
  int tensor = 0, width = 0;
  std::int64_t first = 0, total = 0;
  int tokens = 0, sequences = 0;
};
void launch_fill(const FillArgs& args, cudaStream_t stream);
// One thread that does nothing: lets a kernel beside it come first.
void launch_pause(cudaStream_t stream);

}  // namespace twinlink::realgpu
