#include <cuda_bf16.h>

#include "realgpu/linear_attention_kernels.h"
#include "realgpu/linear_attention_values.h"

namespace twinlink::realgpu {
namespace {

constexpr int kThreads = 256;
constexpr int kQuads = kStateElements / 4;  // a thread has four elements of a state

__device__ float4 fold(float decay, const float4& a, const float4& b) {
  return {decay * a.x + b.x, decay * a.y + b.y, decay * a.z + b.z, decay * a.w + b.w};
}

template <bool kReverse>
__global__ void __launch_bounds__(kThreads) segment_scan_kernel(const AttentionArgs args) {
  const int sequence = static_cast<int>(blockIdx.y);
  const int quad = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  const float slope = args.slopes[sequence % args.heads];
  auto* states = reinterpret_cast<float4*>(args.states) +
                 static_cast<std::int64_t>(sequence) * args.segments * kQuads + quad;
  float4 before{};
#pragma unroll 4
  for (int i = 0; i < args.segments; ++i) {
    const int segment = kReverse ? args.segments - 1 - i : i;
    const int begin = segment * args.segment;
    const int length = min(args.tokens, begin + args.segment) - begin;
    float4* at = states + static_cast<std::int64_t>(segment) * kQuads;
    const float4 own = *at;
    *at = before;
    before = fold(__expf(-slope * static_cast<float>(length)), before, own);
  }
  auto* total = reinterpret_cast<float4*>(args.totals[sequence / args.per_rank]);
  total[static_cast<std::int64_t>(sequence % args.per_rank) * kQuads + quad] = before;
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

void launch_segment_scan(bool reverse, const AttentionArgs& args, cudaStream_t stream) {
  const dim3 grid(kQuads / kThreads, static_cast<unsigned>(args.sequences));
  if (reverse)
    segment_scan_kernel<true><<<grid, kThreads, 0, stream>>>(args);
  else
    segment_scan_kernel<false><<<grid, kThreads, 0, stream>>>(args);
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
