#pragma once
// Kernels of linear attention with decay (models/workloads/linear_attention.h) for d_k = 128 and
// d_v = 64 on GPUs of compute capability 9.0: bf16 tensors, products on tensor cores (wgmma),
// states and sums in fp32.
//
// A tensor is sequences x tokens x width; a sequence is one head of one batch entry of one rank. A
// sequence is cut into segments of whole blocks of 64 tokens; a thread block walks one segment and
// keeps its state in registers. With lambda = exp(-slope), a segment of tokens [b, e) of C:
//   state     states_f[segment] = sum_j lambda^(e-j) k_j^T v_j
//   output    o_t = sum_{j<=t} lambda^(t-j) (q_t k_j) v_j + lambda^(t-b) q_t S_b,
//             S_b = states_f[segment] + lambda^b outer_f
//   query     dq_t = sum_{j<=t} lambda^(t-j) (do_t v_j) k_j + lambda^(t-b) do_t S_b^T
//             states_b[segment] = sum_t lambda^(t-b) q_t^T do_t
//   key_value dk_j = sum_{t>=j} lambda^(t-j) (v_j do_t) q_t + lambda^(e-j) v_j T_e^T,
//             dv_j = sum_{t>=j} lambda^(t-j) (k_j q_t) do_t + lambda^(e-j) k_j T_e,
//             T_e = states_b[segment] + lambda^(C-e) outer_b
//   inter_output, inter_key_value   what the outer state adds, to o; to dk and dv
// and a scan between: states[segment] becomes the state before it (backward: behind it), what all
// make together goes to totals[rank]. A sequence of one segment has its state in totals at once.
// A state is d_k x d_v, row-major. Scores, states and scaled values are rounded to bf16 as operands
// of products. Nothing divides by a decay. Errors: GpuError.
#include <cuda_runtime_api.h>

#include <cstdint>

#include "realgpu/cuda_check.h"

namespace twinlink::realgpu {

inline constexpr int kKeyWidth = 128, kValueWidth = 64, kBlockTokens = 64;
inline constexpr int kStateElements = kKeyWidth * kValueWidth;
inline constexpr int kSegmentsPerSm = 2;  // thread blocks that an SM holds

enum class AttentionPart : std::uint8_t {
  state,
  output,
  query,
  key_value,
  inter_output,
  inter_key_value
};

struct DirectionStates {
  float* states = nullptr;              // by sequence and segment
  const float* const* outer = nullptr;  // by rank: states by sequence; null: 0
  float* const* totals = nullptr;       // by rank
};

struct AttentionArgs {
  const void *q = nullptr, *k = nullptr, *v = nullptr, *dout = nullptr;
  void *o = nullptr, *dq = nullptr, *dk = nullptr, *dv = nullptr;
  DirectionStates forward, backward;
  const float* slopes = nullptr;  // by head
  int tokens = 0, segment = 0;    // of a sequence; of a segment (the last may be shorter)
  int segments = 1, heads = 1;
  int sequences = 0, per_rank = 1;  // sequences of this launch; of a rank
};

void launch_attention(AttentionPart part, const AttentionArgs& args, cudaStream_t stream);
// Nothing to do, and no launch, where a sequence is one segment.
void launch_segment_scan(bool backward, const AttentionArgs& args, cudaStream_t stream);

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
