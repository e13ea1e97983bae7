// State and output of the forward pass.
#include "realgpu/linear_attention_walk_launch.cuh"

namespace twinlink::realgpu {
namespace {

// Panels of a block: k (2), v.
class StateKernel {
 public:
  static constexpr int kStages = 4, kPanels = 3, kSharedBytes = shared_bytes(kStages * kPanels);

  __device__ StateKernel(const AttentionArgs& args, std::byte* shared)
      : args_(args), walk_(args, shared) {}

  __device__ void run() {
    for_each_block<kStages, kPanels>(
        walk_,
        [&](int token, std::uint32_t to) {
          walk_.load<kKeyWidth>(to, args_.k, token);
          walk_.load<kValueWidth>(to + 2 * kPanelBytes, args_.v, token);
        },
        [&](int, std::uint32_t at) { compute(at); });
    walk_.write_state(state_, args_.forward);
  }

 private:
  __device__ void compute(std::uint32_t k) {
    Fragment values[4];
    walk_.weigh(k + 2 * kPanelBytes, true, 1, values);
    walk_.scale(state_, walk_.decay(kBlockTokens));
    begin(state_.keys[0], state_.keys[1]);
    walk_.grow(state_, values, k);
    commit_products();
    wait_for_products<0>(state_.keys[0], state_.keys[1]);
  }

  const AttentionArgs& args_;
  SegmentWalk<false> walk_;
  StateTiles state_;
};

// Panels of a block: q (2), k (2), v; behind the stages two for the state.
class OutputKernel {
 public:
  static constexpr int kStages = 2, kPanels = 5, kSharedBytes = shared_bytes(kStages * kPanels + 2);

  __device__ OutputKernel(const AttentionArgs& args, std::byte* shared)
      : args_(args), walk_(args, shared), held_(walk_.panel(kStages * kPanels)) {}

  __device__ void run() {
    walk_.read_state(state_, args_.forward, true);
    for_each_block<kStages, kPanels>(
        walk_,
        [&](int token, std::uint32_t to) {
          walk_.load<kKeyWidth>(to, args_.q, token);
          walk_.load<kKeyWidth>(to + 2 * kPanelBytes, args_.k, token);
          walk_.load<kValueWidth>(to + 4 * kPanelBytes, args_.v, token);
        },
        [&](int token, std::uint32_t at) { compute(token, at); });
  }

 private:
  __device__ void compute(int token, std::uint32_t q) {
    const std::uint32_t k = q + 2 * kPanelBytes, v = q + 4 * kPanelBytes;
    walk_.publish(state_, held_);
    walk_.scale(state_, walk_.decay(kBlockTokens));
    Fragment values[4], weighted[4];
    walk_.weigh(v, true, 1, values);
    show_to_products();
    __syncthreads();
    Tile scores, out;
    begin(scores, out, state_.keys[0], state_.keys[1]);
    for (int p = 0; p < 2; ++p)
      multiply_panels<Along::columns>(scores, q + p * kPanelBytes, k + p * kPanelBytes);
    commit_products();
    for (int p = 0; p < 2; ++p)
      multiply_panels<Along::columns>(out, q + p * kPanelBytes, held_ + p * kPanelBytes);
    commit_products();
    walk_.grow(state_, values, k);
    commit_products();
    wait_for_products<2>(scores);
    walk_.decayed(scores, weighted);
    wait_for_products<1>(out);
    walk_.scale_rows(out, 1);
    begin(out);
    multiply_rows(out, weighted, v);
    commit_products();
    wait_for_products<0>(out, state_.keys[0], state_.keys[1]);
    __syncthreads();
    walk_.put(q, out);
    walk_.store<kValueWidth>(q, args_.o, token, 0);
  }

  const AttentionArgs& args_;
  SegmentWalk<false> walk_;
  std::uint32_t held_;
  StateTiles state_;
};

// Panels of a block: q (2), o; behind the stages two for the outer state.
class InterOutputKernel {
 public:
  static constexpr int kStages = 3, kPanels = 3, kSharedBytes = shared_bytes(kStages * kPanels + 2);

  __device__ InterOutputKernel(const AttentionArgs& args, std::byte* shared)
      : args_(args), walk_(args, shared), held_(walk_.panel(kStages * kPanels)) {}

  __device__ void run() {
    StateTiles outer;
    walk_.read_state(outer, args_.forward, false);
    walk_.publish(outer, held_);  // shown by the first block
    for_each_block<kStages, kPanels>(
        walk_,
        [&](int token, std::uint32_t to) {
          walk_.load<kKeyWidth>(to, args_.q, token);
          walk_.load<kValueWidth>(to + 2 * kPanelBytes, args_.o, token);
        },
        [&](int token, std::uint32_t at) { compute(token, at); });
  }

 private:
  __device__ void compute(int token, std::uint32_t q) {
    const std::uint32_t o = q + 2 * kPanelBytes;
    Tile out;
    begin(out);
    for (int p = 0; p < 2; ++p)
      multiply_panels<Along::columns>(out, q + p * kPanelBytes, held_ + p * kPanelBytes);
    commit_products();
    wait_for_products<0>(out);
    walk_.scale_rows(out, walk_.decay(walk_.distance(token, token + kBlockTokens)));
    walk_.add_panel(out, o);
    walk_.put(o, out);
    walk_.store<kValueWidth>(o, args_.o, token, 0);
  }

  const AttentionArgs& args_;
  SegmentWalk<false> walk_;
  std::uint32_t held_;
};

}  // namespace

void launch_state(const AttentionArgs& args, cudaStream_t stream) {
  launch_walk<StateKernel>(args, stream);
}
void launch_output(const AttentionArgs& args, cudaStream_t stream) {
  launch_walk<OutputKernel>(args, stream);
}
void launch_inter_output(const AttentionArgs& args, cudaStream_t stream) {
  launch_walk<InterOutputKernel>(args, stream);
}

}  // namespace twinlink::realgpu
