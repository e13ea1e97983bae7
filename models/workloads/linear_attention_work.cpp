#include "models/workloads/linear_attention_work.h"

#include <cmath>

namespace twinlink::models {

LinearAttentionWork linear_attention_work(const LinearAttentionRequest& request, bool backward) {
  const double entries = static_cast<double>(request.batch / request.dp * request.heads);
  const double n = entries * static_cast<double>(request.sequence / request.sp);
  const double d = request.d_k, e = request.d_v, b = request.chunk;
  const double key = n * d * size_of(request.element), value = n * e * size_of(request.element);
  const auto state = static_cast<double>(state_bytes(request).count);
  const Precision precision =
      request.element == ElementType::fp32 ? Precision::fp32 : Precision::bf16;
  const auto work = [&](const char* kernel, double flops_per_token, double bytes,
                        const LinearAttentionKernels::Part& cost) {
    return Compute{kernel,
                   flops_per_token * n,
                   Bytes{std::llround(bytes * cost.traffic)},
                   WorkKind::attention,
                   precision,
                   cost.fixed};
  };
  const LinearAttentionKernels::Direction& cost =
      backward ? request.kernels.backward : request.kernels.forward;
  if (backward)
    return {work("local_state", 2 * d * e, key + value + state, cost.local_state),
            work("intra_chunk", b * (3 * d + 2 * e) + 8 * d * e, 4 * key + 3 * value + state,
                 cost.intra_chunk),
            work("inter_chunk", 4 * d * e, 3 * key + 3 * value + state, cost.inter_chunk)};
  return {work("local_state", 2 * d * e, key + value + state, cost.local_state),
          work("intra_chunk", b * (d + e) + 2 * d * e, 2 * key + 2 * value, cost.intra_chunk),
          work("inter_chunk", 2 * d * e, key + 2 * value + state, cost.inter_chunk)};
}

}  // namespace twinlink::models
