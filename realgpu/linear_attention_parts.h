#pragma once
// The tensors of a GPU's ranks and the parts of a layer's step on them (models/workloads/
// linear_attention.h): kernels for all of a GPU's ranks at once, or for some of them.
//
//   local_state   forward: L of each rank, to `local`; backward: the gradient's, D, and dq, which
//                 needs nothing but the outer state that forward has left
//   outputs       forward: o; backward: dk and dv. From states inside the rank and, with_outer,
//                 from `outer`, the state before (backward: behind) the rank. Without it this is
//                 the intra-chunk part.
//   inter         what `outer` adds: to o; to dk and dv
// Ranks of a GPU are neighbours. Inputs are linear_attention_values.h, filled once; outputs are
// bf16. Errors: GpuError (no memory); UnsupportedError (tokens that are no multiple of 64; a GPU of
// another compute capability than 9.0).
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "realgpu/device_buffer.h"
#include "realgpu/linear_attention_kernels.h"
#include "realgpu/stream.h"

namespace twinlink::realgpu {

struct AttentionShape {  // of one rank
  int batch = 1, heads = 12;
  int tokens = 0;
  std::vector<double> slopes;  // by head
  [[nodiscard]] int sequences() const { return batch * heads; }
  [[nodiscard]] std::int64_t state_bytes() const {
    return std::int64_t{4} * kStateElements * sequences();
  }
};

// Of a GPU's own ranks, counted from 0.
struct RankRange {
  int first = 0, count = 0;
};

// Addresses by own rank.
struct BoundStates {
  std::vector<float*> local, outer;
};

enum class AttentionTensor : std::uint8_t { q, k, v, dout, o, dq, dk, dv };
constexpr int width_of(AttentionTensor tensor) {
  using T = AttentionTensor;
  const bool key = tensor == T::q || tensor == T::k || tensor == T::dq || tensor == T::dk;
  return key ? kKeyWidth : kValueWidth;
}

class AttentionParts {
 public:
  // ranks: which of `sp` ranks these are.
  AttentionParts(int device, const AttentionShape& shape, RankRange ranks, int sp);

  void bind(bool backward, const BoundStates& states);
  void local_state(bool backward, RankRange ranks, const Stream& stream) const;
  void outputs(bool backward, bool with_outer, RankRange ranks, const Stream& stream) const;
  void inter(bool backward, RankRange ranks, const Stream& stream) const;

  [[nodiscard]] RankRange all() const { return {0, ranks_.count}; }
  [[nodiscard]] int device() const { return device_; }
  [[nodiscard]] const float* slopes() const;
  // Outputs become NaN. The device must be idle.
  void poison() const;
  // `count` tokens of a sequence of an own rank, as floats. The device must be idle.
  [[nodiscard]] std::vector<float> read(AttentionTensor tensor, int sequence, int first,
                                        int count) const;

 private:
  [[nodiscard]] AttentionArgs args(RankRange ranks) const;
  [[nodiscard]] DirectionStates states(bool backward, RankRange ranks) const;
  [[nodiscard]] std::byte* at(AttentionTensor tensor, int first_rank) const;
  void fill(int sp) const;

  int device_;
  AttentionShape shape_;
  RankRange ranks_;
  int segment_ = kBlockTokens, segments_ = 1;  // tokens of one; how many of a sequence
  std::vector<DeviceBuffer> tensors_;          // by AttentionTensor
  DeviceBuffer slopes_;
  std::vector<DeviceBuffer> segment_states_;  // forward, backward
  std::vector<DeviceBuffer> pointers_;        // forward, backward: local, then outer
};

}  // namespace twinlink::realgpu
