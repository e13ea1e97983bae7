#include "models/workloads/linear_attention_lasp.h"

#include <algorithm>
#include <cmath>

namespace twinlink::models {
namespace {

// Shapes of one rank.
struct Shapes {
  explicit Shapes(const LinearAttentionRequest& request)
      : entries(static_cast<double>(request.batch / request.dp * request.heads)),
        tokens(entries * static_cast<double>(request.sequence / request.sp)),
        d(request.d_k),
        e(request.d_v),
        block(std::min<double>(request.chunk, tokens / entries)),
        sub(std::min<double>(request.sub_chunk, block)),
        blocks(tokens / entries / block),
        state(static_cast<double>(state_bytes(request).count)),
        key(tokens * d),
        value(tokens * e) {}
  double entries;  // batch entries x heads
  double tokens;   // times heads
  double d, e;
  double block, sub;
  double blocks;      // of an entry
  double state;       // bytes
  double key, value;  // elements of q (k, dq, dk) and of v (o, do, dv)
};

// Products of fewer rows leave rows of the tensor cores' tiles empty.
constexpr double kTileRows = 32;
double padded(double rows) { return std::max(1.0, kTileRows / rows); }

// One group of operations while it is being counted.
class Tally {
 public:
  explicit Tally(const LinearAttentionRequest& request) : request_(request) {}

  Tally& issue(int operations) {
    operations_ += operations;
    return *this;
  }
  // A Triton kernel: FLOPs in all, on that many CTAs.
  Tally& kernel(double flops, double ctas) {
    flops_ += flops * request_.sms * std::ceil(ctas / request_.sms) / ctas;
    return issue(1);
  }
  // PyTorch operations and the bytes they move together.
  Tally& torch(int operations, double bytes) {
    bytes_ += bytes;
    return issue(operations);
  }
  Tally& host_state(double bytes) {
    host_mib_ += bytes / (1 << 20);
    return *this;
  }

  [[nodiscard]] LaspGroup done(std::string kernel, WorkKind work) const {
    const LinearAttentionOverheads& o = request_.overheads;
    const double triton = o.kernel_tflops > 0 ? flops_ / o.kernel_tflops : 0;  // ps: 1e12 / 1e12
    const auto fixed = std::llround(triton) + o.operation.ps * operations_;
    const auto issue = std::llround(static_cast<double>(o.host_state.ps) * host_mib_);
    return {{std::move(kernel), 0, Bytes{std::llround(bytes_)}, work, Precision::fp32, {fixed}},
            {issue + o.issue.ps * operations_}};
  }

 private:
  const LinearAttentionRequest& request_;
  int operations_ = 0;
  double flops_ = 0, bytes_ = 0, host_mib_ = 0;
};

// q and k are taken in slices of d_k: autograd makes zeros for each gradient and copies it in.
void finish_gradients(Tally& after, const Shapes& s, bool backward) {
  if (backward) after.torch(4, 12 * s.key);
}

LaspStage stage(const Tally& before, const Tally& chain, const Tally& after) {
  return {before.done("prepare", WorkKind::memory), chain.done("attention", WorkKind::attention),
          after.done("finish", WorkKind::memory)};
}

// State x decay + local state (bf16 in naive and cache: 0.5 of the bytes).
void update_state(Tally& tally, const Shapes& s, double local) {
  tally.torch(2, (2 + 2 + local) * s.state);
}

LaspStage fuse(const LinearAttentionRequest& request, bool backward) {
  const Shapes s(request);
  constexpr double slab = 64;
  const double slabs = std::max(1.0, s.d / slab) * std::max(1.0, s.e / slab);
  Tally before(request), chain(request), after(request);
  before.torch(1, s.state);
  const double per_token =
      backward ? 6 * s.sub * slab + 8 * slab * slab : 2 * s.block * slab + 3 * slab * slab;
  if (!backward) chain.torch(1, 2 * s.state);  // the clone that backward needs
  chain.kernel(2 * slabs * per_token * s.tokens, slabs * s.entries);
  if (s.d > slab) chain.torch(1, 2 * s.value * (s.d / slab + 1));  // sum over slabs of d
  if (!backward) after.torch(1, 4 * s.value);
  finish_gradients(after, s, backward);
  return stage(before, chain, after);
}

// The four kernels of fuse_parallel: all but the last need no state of another rank.
void parallel_local(Tally& tally, const Shapes& s, bool backward) {
  const double diagonal = backward ? 3 * s.d + 3 * s.e : s.d + s.e;
  const double ctas = s.entries * s.blocks;
  tally.kernel(diagonal * (s.block + std::max(s.sub, kTileRows)) * padded(s.sub) * s.tokens,
               ctas * s.block / s.sub);
  tally.kernel(2 * s.d * s.e * s.tokens, ctas);
  tally.torch(1, (3 * s.blocks + 1) * s.state);  // kv_reduce, and the blocks' states it reads
}

void parallel_inter(Tally& tally, const Shapes& s, bool backward) {
  const double states = backward ? 6 : 2;  // products with a state, two for each term
  tally.kernel(2 * states * s.d * s.e * padded(s.sub) * s.tokens, s.tokens / s.sub);
  constexpr double kCacheRate = 2;  // of HBM's
  tally.torch(0, states * s.d * s.e * 4 * s.tokens / s.sub / kCacheRate);
}

LaspStage fuse_parallel(const LinearAttentionRequest& request, bool backward) {
  const Shapes s(request);
  Tally before(request), chain(request), after(request);
  before.torch(1, s.state);
  if (!backward) chain.torch(1, 2 * s.state);
  parallel_local(chain, s, backward);
  parallel_inter(chain, s, backward);
  chain.issue(3);  // decay of the chunk: negate, multiply, exponential
  update_state(chain, s, 1);
  if (!backward) after.torch(1, 4 * s.value);
  finish_gradients(after, s, backward);
  return stage(before, chain, after);
}

LaspStage blelloch(const LinearAttentionRequest& request, bool backward) {
  const Shapes s(request);
  Tally before(request), after(request);
  before.torch(1, s.state);
  parallel_local(before, s, backward);
  before.torch(1, 2 * s.state);
  parallel_inter(after, s, backward);
  after.torch(1, 2 * s.state);
  if (!backward) after.torch(1, 4 * s.value);
  finish_gradients(after, s, backward);
  return {before.done("local_state", WorkKind::attention),
          {},
          after.done("inter_chunk", WorkKind::attention)};
}

// naive and cache, forward: one kernel, then the state's part in fp32 by PyTorch.
void torch_forward(Tally& chain, const Shapes& s) {
  constexpr double slab = 32;
  const double per_token = s.block * (s.d + slab) + 2 * slab * s.d;
  chain.kernel(2 * s.e / slab * per_token * s.tokens, s.entries * s.e / slab);
  chain.torch(1, 6 * s.value);                        // o to fp32
  chain.torch(1, 6 * s.key);                          // q x q_decay
  chain.torch(1, 4 * s.key + 4 * s.value + s.state);  // product with the state
  chain.torch(1, 12 * s.value);                       // sum
  update_state(chain, s, 1.5);
}

// naive and cache, backward: dq and dk alike, then dv.
void torch_backward(Tally& chain, const Shapes& s) {
  constexpr double block = 32, piece = 16;  // whatever the forward pass has
  chain.kernel(2 * block * (3 * s.d + 2 * s.e) * s.tokens, s.tokens / block);
  chain.kernel(10 * s.d * s.e * padded(piece) * s.tokens, s.entries);
  chain.torch(10, 2 * (30 * s.key + 10 * s.value + s.state));
  chain.torch(4, 10 * s.key + 22 * s.value + s.state);
  chain.torch(1, 1.5 * s.state);
  update_state(chain, s, 2);
}

LaspStage ring_of_torch(const LinearAttentionRequest& request, bool backward) {
  const Shapes s(request);
  Tally before(request), chain(request), after(request);
  before.torch(1, s.state);
  before.issue(backward ? 12 : 7);  // decays: negate, multiply, exponential, subtract, cast
  if (request.method == LinearAttentionMethod::naive) before.host_state(s.state);
  if (backward) {
    torch_backward(chain, s);
    after.torch(3, 12 * s.key + 6 * s.value);
    finish_gradients(after, s, backward);
  } else {
    torch_forward(chain, s);
    after.torch(2, 10 * s.value);
  }
  return stage(before, chain, after);
}

}  // namespace

LaspStage lasp_stage(const LinearAttentionRequest& request, bool backward) {
  switch (request.method) {
    case LinearAttentionMethod::naive:
    case LinearAttentionMethod::cache: return ring_of_torch(request, backward);
    case LinearAttentionMethod::fuse: return fuse(request, backward);
    case LinearAttentionMethod::fuse_parallel: return fuse_parallel(request, backward);
    case LinearAttentionMethod::blelloch: return blelloch(request, backward);
    case LinearAttentionMethod::scan: break;
  }
  return {};
}

LaspGroup lasp_operations(const LinearAttentionRequest& request, int operations) {
  return Tally(request).issue(operations).done("send_receive", WorkKind::memory);
}

}  // namespace twinlink::models
