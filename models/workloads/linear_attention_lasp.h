#pragma once
// What LASP's methods do on one rank: operations that the host issues, FLOPs of their Triton
// kernels, HBM bytes of their PyTorch operations; counted in the code (OpenNLPLab/LASP 13f320a,
// lasp/lasp_{naive,cache,fuse,fuse_parallel}.py; the PR's tree by its description).
//
//   GPU   operations x overheads.operation + bytes / HBM
//         + sum over kernels of FLOPs / (kernel_tflops x fullness)
//   host  operations x overheads.issue
// fullness = CTAs / (SMs x ceil(CTAs / SMs)): the SM with most CTAs is the last. FLOPs are those
// the kernels issue (whole blocks, also above the diagonal where they do not skip it); a product of
// fewer than 32 rows costs as much as one of 32. With B tokens a block, C a sub-block, d = d_k, e =
// d_v, per token and head:
//   fuse            forward 2 nd (2 B 64 + 3 x 64^2) on nd = d/64 slabs, backward 2 nd (6 B 64 + 8
//   x
//                   64^2): prefix and suffix are folded in at every block
//   fuse_parallel   forward (d+e)(B+C), 2 de, 4 de; backward 3 (d+e)(B+C), 2 de, 12 de
//   naive, cache    forward 2 (e/32)(B (d+32) + 2 x 32 d); backward 2 x 32 (3d+2e), then 10 de on
//                   pieces of 16 rows with only batch x heads CTAs
// Bytes: every PyTorch operation reads its operands and writes its result once, fp32 where the code
// casts. Triton kernels are far from HBM's rate, except fuse_parallel's last, of which every CTA
// reads the states of its block: from the L2 cache, at twice HBM's rate.
// Left out: what autograd issues beside the slices of q and k.
#include "models/workloads/linear_attention.h"

namespace twinlink::models {

// Operations that follow each other on a stream.
struct LaspGroup {
  Compute work;      // on the GPU
  Duration issue{};  // on the host
};

// Before the state is waited for; between receiving and sending it; after.
struct LaspStage {
  LaspGroup before, chain, after;
};

// method: one of LASP's. For blelloch `before` ends with the local state, `chain` is empty and
// `after` needs the prefix (or suffix).
LaspStage lasp_stage(const LinearAttentionRequest& request, bool backward);

// Operations around a transfer of a state, without work of their own.
LaspGroup lasp_operations(const LinearAttentionRequest& request, int operations);

// How many: LASP's ring sends once and receives once; the tree's sender makes its state contiguous
// and sends, its receiver makes zeros, receives, raises the decay to a power, multiplies, adds and
// clones; the shift at the end sends, receives and clones.
inline constexpr int kRingSend = 1, kRingReceive = 1, kTreeSend = 2, kTreeReceive = 6,
                     kTreeShift = 3;

}  // namespace twinlink::models
