#pragma once
// What LASP's methods do on one rank: operations that the host issues, FLOPs of their Triton
// kernels, HBM bytes of their PyTorch operations; counted in the code (OpenNLPLab/LASP 13f320a,
// lasp/lasp_{naive,cache,fuse,fuse_parallel}.py; the PR's tree by its description).
//
//   time of a group = operations x overheads.operation
//                   + sum over kernels of FLOPs / (kernel_tflops x min(1, CTAs / SMs)) + bytes /
//                   HBM
// FLOPs are those the kernels issue (whole blocks, also above the diagonal where they do not skip
// it): with B tokens a block, C a sub-block, d = d_k, e = d_v, per token and head
//   fuse            forward 2 nd (2 B 64 + 3 x 64^2) on nd = d/64 slabs; backward 2 nd (6 C 64 + 8
//   x
//                   64^2): prefix and suffix are folded in at every block
//   fuse_parallel   forward 2 (d+e)(B+C)/2, 2 de, 4 de; backward 2 (3d+3e)(B+C)/2, 2 de, 12 de
//   naive, cache    forward 2 (e/32)(B (d+32) + 2 x 32 d); backward 2 C (3d+2e), then 10 de with
//                   only batch x heads CTAs
// Bytes: every PyTorch operation reads its operands and writes its result once, fp32 where the code
// casts. Left out: Triton kernels' own traffic (they are far from HBM's rate).
#include "models/workloads/linear_attention.h"

namespace twinlink::models {

// Before the state is waited for; between receiving and sending it; after.
struct LaspStage {
  Compute before, chain, after;
};

// method: one of LASP's. For blelloch `before` ends with the local state, `chain` is empty and
// `after` needs the prefix (or suffix).
LaspStage lasp_stage(const LinearAttentionRequest& request, bool backward);

// What the host issues around one transfer of a state: a ring's send and receive; the tree's
// combining step; its shift at the end, which combines nothing.
Compute lasp_transfer(const LinearAttentionRequest& request, bool combines);

}  // namespace twinlink::models
