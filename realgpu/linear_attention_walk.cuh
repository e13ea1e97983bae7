#pragma once
// What all walks over a segment share beside their place (device code): scores, rows and tokens
// times their decays, and the state in registers.
//
// A state is kept transposed, S^T of 64 value columns (rows of the tiles) x 128 key columns (two
// tiles): it grows by (weighted v)^T k, with v from registers. For products with it, it is rounded
// into two panels.
#include "realgpu/linear_attention_place.cuh"
#include "realgpu/linear_attention_products.cuh"

namespace twinlink::realgpu {

struct StateTiles {
  Tile keys[2];
};

template <bool kReverse>
class SegmentWalk : public SegmentPlace<kReverse> {
  using Place = SegmentPlace<kReverse>;
  using Place::args_, Place::lane_, Place::warp_, Place::sequence_, Place::segment_, Place::begin_,
      Place::end_, Place::powers_;

 public:
  using Place::decay, Place::distance, Place::put, Place::SegmentPlace;

  // --- decays
  // Scores of rows t and columns j of a block as an operand: times lambda^|t - j|, 0 where the
  // column is on the wrong side.
  __device__ void decayed(const Tile& scores, Fragment (&weighted)[4]) const {
    const int row = 16 * warp_ + (lane_ >> 2), column = 2 * (lane_ & 3);
    const float* at = powers_ + (kReverse ? column - row : row - column);
#pragma unroll
    for (int k = 0; k < 4; ++k)
#pragma unroll
      for (int r = 0; r < 4; ++r) {
        const float* v = scores.v + 8 * k + 2 * r;
        const int across = 8 * (2 * k + (r >> 1)) - 8 * (r & 1);  // column minus row, beside `at`
        weighted[k].r[r] = kReverse ? packed(v[0] * at[across], v[1] * at[across + 1])
                                    : packed(v[0] * at[-across], v[1] * at[-across - 1]);
      }
  }
  // Rows times the state's factor, from the state's edge of the block.
  __device__ void scale_rows(Tile& sums, float far) const {
    const int row = 16 * warp_ + (lane_ >> 2);
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const int t = row + 8 * h;
      const float factor = far * powers_[kReverse ? kBlockTokens - t : t];
#pragma unroll
      for (int n = 0; n < 8; ++n)
#pragma unroll
        for (int i = 0; i < 2; ++i) sums.v[4 * n + 2 * h + i] *= factor;
    }
  }

  // --- states
  __device__ void scale(StateTiles& state, float factor) const {
    for_each(state, [&](float& value, int) { value *= factor; });
  }
  // (Weighted columns of a panel of values)^T as an operand. towards_end: weights lambda^(64 - t),
  // else lambda^t; times far.
  __device__ void weigh(std::uint32_t values, bool towards_end, float far,
                        Fragment (&weighted)[4]) const {
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      weighted[k] = load_transposed(chunk_at(values, 16 * k + (lane_ & 7) + ((lane_ >> 4) << 3),
                                             2 * warp_ + ((lane_ >> 3) & 1)));
      const int t = 16 * k + 2 * (lane_ & 3);
#pragma unroll
      for (int r = 0; r < 4; ++r)
        weighted[k].r[r] = scaled(weighted[k].r[r], far * weight(t + 8 * (r >> 1), towards_end),
                                  far * weight(t + 8 * (r >> 1) + 1, towards_end));
    }
  }
  // Inside begin() and commit_products(). keys: the first of two panels.
  __device__ static void grow(StateTiles& state, const Fragment (&weighted)[4],
                              std::uint32_t keys) {
    multiply_rows(state.keys[0], weighted, keys);
    multiply_rows(state.keys[1], weighted, keys + kPanelBytes);
  }
  // Rounded, to two panels; the caller shows them to products.
  __device__ void publish(const StateTiles& state, std::uint32_t panels) const {
    put(panels, state.keys[0]);
    put(panels + kPanelBytes, state.keys[1]);
  }
  // The state before (reversed: behind) the segment; the outer one counts `far`.
  __device__ void read_state(StateTiles& state, const DirectionStates& from, bool inner) const {
    if (inner && args_.segments > 1) {
      const float* at = segment_state(from);
      for_each(state, [&](float& value, int index) { value = at[index]; });
    }
    if (from.outer == nullptr) return;
    const float* outer = from.outer[sequence_ / args_.per_rank] + of_rank();
    const float far = inner ? decay(distance(begin_, end_)) : 1.0f;
    for_each(state, [&](float& value, int index) { value += far * outer[index]; });
  }
  __device__ void write_state(StateTiles& state, const DirectionStates& to) const {
    float* at =
        args_.segments > 1 ? segment_state(to) : to.totals[sequence_ / args_.per_rank] + of_rank();
    for_each(state, [&](float& value, int index) { at[index] = value; });
  }

 private:
  [[nodiscard]] __device__ float weight(int t, bool towards_end) const {
    return powers_[towards_end ? kBlockTokens - t : t];
  }
  [[nodiscard]] __device__ std::int64_t of_rank() const {
    return static_cast<std::int64_t>(sequence_ % args_.per_rank) * kStateElements;
  }
  [[nodiscard]] __device__ float* segment_state(const DirectionStates& states) const {
    return states.states +
           (static_cast<std::int64_t>(sequence_) * args_.segments + segment_) * kStateElements;
  }
  // Each value with its place in memory, d_k x d_v.
  template <class Use>
  __device__ void for_each(StateTiles& state, const Use& use) const {
    const int row = 16 * warp_ + (lane_ >> 2), column = 2 * (lane_ & 3);
#pragma unroll
    for (int p = 0; p < 2; ++p)
#pragma unroll
      for (int i = 0; i < 32; ++i)
        use(state.keys[p].v[i],
            (64 * p + 8 * (i >> 2) + column + (i & 1)) * kValueWidth + row + 8 * ((i >> 1) & 1));
  }
};

}  // namespace twinlink::realgpu
