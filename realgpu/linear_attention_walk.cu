#include "realgpu/linear_attention_walk.h"

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

template <int kD, int kE, AttentionPart kPart, bool kReverse>
__global__ void __launch_bounds__(
    SegmentWalk<kD, kE, kPart, kReverse>::kThreads, SegmentWalk<kD, kE, kPart, kReverse>::kResident)
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
    case AttentionPart::states: return launch<kD, kE, AttentionPart::states, kReverse>(args, stream);
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
