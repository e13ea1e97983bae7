// Gradients: dq with the backward state, and dk with dv.
#include "realgpu/linear_attention_walk_launch.cuh"

namespace twinlink::realgpu {
namespace {

// Panels of a block, in both kernels: q (2), k (2), v, do; behind the stages two for the state.
constexpr int kStages = 2, kPanels = 6;

struct BlockPanels {
  __device__ explicit BlockPanels(std::uint32_t at)
      : q(at), k(at + 2 * kPanelBytes), v(at + 4 * kPanelBytes), dout(at + 5 * kPanelBytes) {}
  std::uint32_t q, k, v, dout;
};

template <bool kReverse>
__device__ __forceinline__ void load_block(const SegmentWalk<kReverse>& walk,
                                           const AttentionArgs& args, int token, std::uint32_t at) {
  const BlockPanels to(at);
  walk.template load<kKeyWidth>(to.k, args.k, token);
  walk.template load<kValueWidth>(to.v, args.v, token);
  walk.template load<kValueWidth>(to.dout, args.dout, token);
  walk.template load<kKeyWidth>(to.q, args.q, token);
}

// Keeps two states: the forward one, and what the segment adds to the backward one.
class QueryKernel {
 public:
  static constexpr int kSharedBytes = shared_bytes(kStages * kPanels + 2);

  __device__ QueryKernel(const AttentionArgs& args, std::byte* shared)
      : args_(args), walk_(args, shared), held_(walk_.panel(kStages * kPanels)) {}

  __device__ void run() {
    walk_.read_state(state_, args_.forward, true);
    for_each_block<kStages, kPanels>(
        walk_, [&](int token, std::uint32_t to) { load_block(walk_, args_, token, to); },
        [&](int token, std::uint32_t at) { compute(token, BlockPanels(at)); });
    walk_.write_state(made_, args_.backward);
  }

 private:
  __device__ void compute(int token, const BlockPanels& at) {
    walk_.publish(state_, held_);
    walk_.scale(state_, walk_.decay(kBlockTokens));
    hold(made_.keys[0]);
    hold(made_.keys[1]);
    show_to_products();
    __syncthreads();
    Fragment weighted[4], values[4], gradients[4], done[4];
    Tile scores;
    begin(scores);
    multiply_panels<Along::columns>(scores, at.dout, at.v);
    commit_products();
    walk_.weigh(at.v, true, 1, values);
    begin(state_.keys[0], state_.keys[1]);
    walk_.grow(state_, values, at.k);
    commit_products();
    wait_for_products<1>(scores);
    walk_.decayed(scores, weighted);
    Tile left;
    begin(left);
    multiply_panels<Along::rows>(left, at.dout, held_);
    commit_products();
    wait_for_products<0>(left, state_.keys[0], state_.keys[1]);
    walk_.scale_rows(left, 1);
    walk_.weigh(at.dout, false, walk_.decay(token - walk_.token_of(0)), gradients);
    begin(left, made_.keys[0], made_.keys[1]);
    multiply_rows(left, weighted, at.k);
    commit_products();
    walk_.grow(made_, gradients, at.q);
    commit_products();
    wait_for_products<1>(left);
    round(left, done);
    Tile right;
    begin(right);
    multiply_panels<Along::rows>(right, at.dout, held_ + kPanelBytes);
    commit_products();
    wait_for_products<0>(right, made_.keys[0], made_.keys[1]);
    walk_.scale_rows(right, 1);
    begin(right);
    multiply_rows(right, weighted, at.k + kPanelBytes);
    commit_products();
    wait_for_products<0>(right);
    __syncthreads();
    walk_.put(at.q, done);
    walk_.put(at.q + kPanelBytes, right);
    walk_.store<kKeyWidth>(at.q, args_.dq, token, 0);
    walk_.store<kKeyWidth>(at.q + kPanelBytes, args_.dq, token, 1);
  }

  const AttentionArgs& args_;
  SegmentWalk<false> walk_;
  std::uint32_t held_;
  StateTiles state_, made_;
};

// One walk for dk and dv: q, k, v and do are loaded once, each product of scores serves once.
class KeyValueKernel {
 public:
  static constexpr int kSharedBytes = shared_bytes(kStages * kPanels + 2);

  __device__ KeyValueKernel(const AttentionArgs& args, std::byte* shared)
      : args_(args), walk_(args, shared), held_(walk_.panel(kStages * kPanels)) {}

  __device__ void run() {
    walk_.read_state(state_, args_.backward, true);
    for_each_block<kStages, kPanels>(
        walk_, [&](int token, std::uint32_t to) { load_block(walk_, args_, token, to); },
        [&](int token, std::uint32_t at) { compute(token, BlockPanels(at)); });
  }

 private:
  __device__ void compute(int token, const BlockPanels& at) {
    walk_.publish(state_, held_);
    walk_.scale(state_, walk_.decay(kBlockTokens));
    Fragment weighted[4], both[4], values[4];
    walk_.weigh(at.dout, false, 1, values);
    show_to_products();
    __syncthreads();
    Tile scores, dv;
    begin(scores, dv, state_.keys[0], state_.keys[1]);
    for (int p = 0; p < 2; ++p)
      multiply_panels<Along::columns>(scores, at.k + p * kPanelBytes, at.q + p * kPanelBytes);
    commit_products();
    for (int p = 0; p < 2; ++p)
      multiply_panels<Along::columns>(dv, at.k + p * kPanelBytes, held_ + p * kPanelBytes);
    commit_products();
    walk_.grow(state_, values, at.q);
    commit_products();
    wait_for_products<2>(scores);
    walk_.decayed(scores, weighted);
    Tile gradients;
    begin(gradients);
    multiply_panels<Along::columns>(gradients, at.v, at.dout);
    commit_products();
    wait_for_products<2>(dv);
    walk_.scale_rows(dv, 1);
    begin(dv);
    multiply_rows(dv, weighted, at.dout);
    commit_products();
    wait_for_products<1>(gradients, state_.keys[0], state_.keys[1]);
    walk_.decayed(gradients, both);
    Tile left;
    begin(left);
    multiply_panels<Along::rows>(left, at.v, held_);
    commit_products();
    Fragment values_done[4], left_done[4];
    wait_for_products<0>(dv, left);
    round(dv, values_done);
    walk_.scale_rows(left, 1);
    Tile right;
    begin(left, right);
    multiply_panels<Along::rows>(right, at.v, held_ + kPanelBytes);
    commit_products();
    multiply_rows(left, both, at.q);
    commit_products();
    wait_for_products<1>(right);
    walk_.scale_rows(right, 1);
    begin(right);
    multiply_rows(right, both, at.q + kPanelBytes);
    commit_products();
    wait_for_products<1>(left);
    round(left, left_done);
    wait_for_products<0>(right);
    __syncthreads();
    walk_.put(at.v, values_done);
    walk_.put(at.k, left_done);
    walk_.put(at.k + kPanelBytes, right);
    walk_.store<kValueWidth>(at.v, args_.dv, token, 0);
    walk_.store<kKeyWidth>(at.k, args_.dk, token, 0);
    walk_.store<kKeyWidth>(at.k + kPanelBytes, args_.dk, token, 1);
  }

  const AttentionArgs& args_;
  SegmentWalk<true> walk_;
  std::uint32_t held_;
  StateTiles state_;
};

// Panels of a block: dk (2), k (2), v, dv; behind the stages two for the outer state.
class InterKeyValueKernel {
 public:
  static constexpr int kSharedBytes = shared_bytes(kStages * kPanels + 2);

  __device__ InterKeyValueKernel(const AttentionArgs& args, std::byte* shared)
      : args_(args), walk_(args, shared), held_(walk_.panel(kStages * kPanels)) {}

  __device__ void run() {
    StateTiles outer;
    walk_.read_state(outer, args_.backward, false);
    walk_.publish(outer, held_);  // shown by the first block
    AttentionArgs shown = args_;
    shown.q = args_.dk;
    shown.dout = args_.dv;
    for_each_block<kStages, kPanels>(
        walk_, [&](int token, std::uint32_t to) { load_block(walk_, shown, token, to); },
        [&](int token, std::uint32_t at) { compute(token, BlockPanels(at)); });
  }

 private:
  __device__ void compute(int token, const BlockPanels& at) {
    Tile dv, left, right;
    begin(dv, left, right);
    for (int p = 0; p < 2; ++p)
      multiply_panels<Along::columns>(dv, at.k + p * kPanelBytes, held_ + p * kPanelBytes);
    multiply_panels<Along::rows>(left, at.v, held_);
    multiply_panels<Along::rows>(right, at.v, held_ + kPanelBytes);
    commit_products();
    wait_for_products<0>(dv, left, right);
    const float far = walk_.decay(walk_.distance(token, token + kBlockTokens));
    add<kValueWidth>(dv, far, at.dout, args_.dv, token, 0);
    add<kKeyWidth>(left, far, at.q, args_.dk, token, 0);
    add<kKeyWidth>(right, far, at.q + kPanelBytes, args_.dk, token, 1);
  }
  template <int kWidth>
  __device__ void add(Tile& sums, float far, std::uint32_t panel, void* tensor, int token,
                      int column) const {
    walk_.scale_rows(sums, far);
    walk_.add_panel(sums, panel);
    walk_.put(panel, sums);
    walk_.store<kWidth>(panel, tensor, token, column);
  }

  const AttentionArgs& args_;
  SegmentWalk<true> walk_;
  std::uint32_t held_;
};

}  // namespace

void launch_query(const AttentionArgs& args, cudaStream_t stream) {
  launch_walk<QueryKernel>(args, stream);
}
void launch_key_value(const AttentionArgs& args, cudaStream_t stream) {
  launch_walk<KeyValueKernel>(args, stream);
}
void launch_inter_key_value(const AttentionArgs& args, cudaStream_t stream) {
  launch_walk<InterKeyValueKernel>(args, stream);
}

}  // namespace twinlink::realgpu
