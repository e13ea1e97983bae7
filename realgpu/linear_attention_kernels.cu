#include <cuda_bf16.h>

#include "realgpu/linear_attention_kernels.h"
#include "realgpu/linear_attention_values.h"
#include "realgpu/linear_attention_walks.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

constexpr int kThreads = 256;
constexpr int kQuads = kStateElements / 4;  // a thread has four elements of a state

__device__ float4 fold(float decay, const float4& a, const float4& b) {
  return {decay * a.x + b.x, decay * a.y + b.y, decay * a.z + b.z, decay * a.w + b.w};
}

// A thread has one element of every segment's state; states of a batch are read before any is
// written, so that their waits overlap.
template <bool kReverse>
__global__ void __launch_bounds__(kThreads)
    segment_scan_kernel(const AttentionArgs args, const DirectionStates in) {
  constexpr int kBatch = 12;
  const int sequence = static_cast<int>(blockIdx.y);
  const int element = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  const float slope = args.slopes[sequence % args.heads];
  float* states =
      in.states + static_cast<std::int64_t>(sequence) * args.segments * kStateElements + element;
  const auto segment_of = [&](int i) { return kReverse ? args.segments - 1 - i : i; };
  float before = 0;
  for (int first = 0; first < args.segments; first += kBatch) {
    float own[kBatch];
#pragma unroll
    for (int i = 0; i < kBatch; ++i)
      if (first + i < args.segments)
        own[i] = states[static_cast<std::int64_t>(segment_of(first + i)) * kStateElements];
#pragma unroll
    for (int i = 0; i < kBatch; ++i) {
      if (first + i >= args.segments) break;
      const int segment = segment_of(first + i), begin = segment * args.segment;
      const int length = min(args.tokens, begin + args.segment) - begin;
      states[static_cast<std::int64_t>(segment) * kStateElements] = before;
      before = __expf(-slope * static_cast<float>(length)) * before + own[i];
    }
  }
  in.totals[sequence / args.per_rank]
           [static_cast<std::int64_t>(sequence % args.per_rank) * kStateElements + element] =
      before;
}

__global__ void __launch_bounds__(kThreads) send_kernel(const SendArgs args) {
  const int state = static_cast<int>(blockIdx.y);
  const std::int64_t at =
      static_cast<std::int64_t>(state) * kQuads + blockIdx.x * kThreads + threadIdx.x;
  const float decay = __expf(-args.slopes[state % args.heads] * static_cast<float>(args.tokens));
  reinterpret_cast<float4*>(args.to)[at] =
      fold(decay, reinterpret_cast<const float4*>(args.from)[at],
           reinterpret_cast<const float4*>(args.local)[at]);
}

__global__ void __launch_bounds__(kThreads) fill_kernel(const FillArgs args) {
  const std::int64_t row_elements = static_cast<std::int64_t>(args.tokens) * args.width;
  const std::int64_t count = row_elements * args.sequences;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count;
       i += static_cast<std::int64_t>(gridDim.x) * kThreads) {
    const std::int64_t sequence = i / row_elements;
    const std::int64_t at = (sequence * args.total + args.first) * args.width + i % row_elements;
    static_cast<__nv_bfloat16*>(args.to)[i] = __float2bfloat16(attention_value(args.tensor, at));
  }
}

__global__ void pause_kernel() {}

}  // namespace

void launch_attention(AttentionPart part, const AttentionArgs& args, cudaStream_t stream) {
  TL_ENSURE(args.tokens % kBlockTokens == 0 && args.segment % kBlockTokens == 0,
            "whole blocks of tokens");
  switch (part) {
    case AttentionPart::state: return launch_state(args, stream);
    case AttentionPart::output: return launch_output(args, stream);
    case AttentionPart::query: return launch_query(args, stream);
    case AttentionPart::key_value: return launch_key_value(args, stream);
    case AttentionPart::inter_output: return launch_inter_output(args, stream);
    case AttentionPart::inter_key_value: return launch_inter_key_value(args, stream);
  }
}

void launch_segment_scan(bool backward, const AttentionArgs& args, cudaStream_t stream) {
  if (args.segments == 1) return;
  const dim3 grid(kStateElements / kThreads, static_cast<unsigned>(args.sequences));
  if (backward)
    segment_scan_kernel<true><<<grid, kThreads, 0, stream>>>(args, args.backward);
  else
    segment_scan_kernel<false><<<grid, kThreads, 0, stream>>>(args, args.forward);
  TL_CUDA(cudaGetLastError());
}

void launch_send(const SendArgs& args, cudaStream_t stream) {
  const dim3 grid(kQuads / kThreads, static_cast<unsigned>(args.states));
  send_kernel<<<grid, kThreads, 0, stream>>>(args);
  TL_CUDA(cudaGetLastError());
}

void launch_fill(const FillArgs& args, cudaStream_t stream) {
  fill_kernel<<<2048, kThreads, 0, stream>>>(args);
  TL_CUDA(cudaGetLastError());
}

void launch_pause(cudaStream_t stream) {
  pause_kernel<<<1, 1, 0, stream>>>();
  TL_CUDA(cudaGetLastError());
}

}  // namespace twinlink::realgpu
