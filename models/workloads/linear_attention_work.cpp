#include "models/workloads/linear_attention_work.h"

#include <cmath>

namespace twinlink::models {

namespace {

// Bytes of a rank's tensors and state, and its tokens times heads.
struct Sizes {
  double n, key, value, state;
};

Sizes sizes_of(const LinearAttentionRequest& request) {
  const double entries = static_cast<double>(request.batch / request.dp * request.heads);
  const double n = entries * static_cast<double>(request.sequence / request.sp);
  const double row = n * size_of(request.element);
  return {n, row * request.d_k, row * request.d_v, static_cast<double>(state_bytes(request).count)};
}

Compute part_of(const LinearAttentionRequest& request, const char* kernel,
                const LinearAttentionNeeds& needs, const LinearAttentionKernels::Part& cost) {
  const Precision precision =
      request.element == ElementType::fp32 ? Precision::fp32 : Precision::bf16;
  return {
      kernel,    needs.flops, Bytes{std::llround(needs.bytes * cost.traffic)}, WorkKind::attention,
      precision, cost.fixed};
}

LinearAttentionWork forward_work(const LinearAttentionRequest& request) {
  const auto [n, key, value, state] = sizes_of(request);
  const double d = request.d_k, e = request.d_v, b = request.chunk;
  const double outer = request.merged ? state : 0;
  const LinearAttentionKernels::Direction& cost = request.kernels.forward;
  return {
      part_of(request, "local_state", {n * 2 * d * e, key + value + state}, cost.local_state),
      part_of(request, "intra_chunk", {n * (b * (d + e) + 4 * d * e), 2 * key + 2 * value + outer},
              cost.intra_chunk),
      part_of(request, "inter_chunk", {n * 2 * d * e, key + 2 * value + state}, cost.inter_chunk)};
}

LinearAttentionWork backward_work(const LinearAttentionRequest& request) {
  const auto [n, key, value, state] = sizes_of(request);
  const double d = request.d_k, e = request.d_v, b = request.chunk;
  const double outer = request.merged ? state : 0;
  const LinearAttentionKernels::Direction& cost = request.kernels.backward;
  return {
      part_of(request, "local_state",
              {n * (b * (d + e) + 6 * d * e), 3 * key + 2 * value + 2 * state}, cost.local_state),
      part_of(request, "intra_chunk",
              {n * (2 * b * (d + e) + 6 * d * e), 3 * key + 3 * value + outer}, cost.intra_chunk),
      part_of(request, "inter_chunk", {n * 4 * d * e, 3 * key + 3 * value + state},
              cost.inter_chunk)};
}

}  // namespace

LinearAttentionWork linear_attention_work(const LinearAttentionRequest& request, bool backward) {
  return backward ? backward_work(request) : forward_work(request);
}

LinearAttentionNeeds linear_attention_needs(const LinearAttentionRequest& request, bool backward) {
  const auto [n, key, value, state] = sizes_of(request);
  const double d = request.d_k, e = request.d_v, b = request.chunk;
  if (backward) return {n * (b * (3 * d + 2 * e) + 10 * d * e), 5 * key + 4 * value + 3 * state};
  return {n * (b * (d + e) + 4 * d * e), 3 * key + 3 * value + 2 * state};
}

}  // namespace twinlink::models
