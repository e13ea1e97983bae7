#pragma once
// Workload: layers of linear attention with decay, sequence-parallel over `sp` ranks, in `dp`
// groups at once (ranks of a group are contiguous; rank r has chunk r mod sp of its group's
// sequences).
//
//   S_t = lambda S_{t-1} + k_t^T v_t,  o_t = q_t S_t,  lambda = exp(-slope) per head
// A rank computes its chunk's state L_r (d_k x d_v, fp32, per batch entry and head), gets the state
// before its chunk by an exclusive scan, X_r = lambda^C X_{r-1} + L_{r-1}, and adds q lambda^j X_r.
// Backward: the same with the states of the gradient, from the last rank to the first (suffix).
// Tokens of a rank: batch / dp x sequence / sp; state: batch / dp x heads x d_k x d_v elements.
//
// Methods, each with the data dependencies of its code:
//   naive, cache, fuse, fuse_parallel   LASP's rings: receive, then the whole local attention, then
//                 send; every kernel and small operation is issued by the host on one stream
//   blelloch      the LASP Blelloch PR: local state first, then its tree (exscan/lasp_pr_tree:
//   wrong
//                 for sp >= 8), then the part that needs the state; on the same stream
//   scan          local state; a scan of the catalogue (`scan`) in a kernel of its own beside the
//                 intra-chunk part (overlap) or before it; then the inter-chunk part; in graphs
// LASP's methods pay `overheads` for every operation (linear_attention_lasp.h counts them); `scan`
// pays what the machine's profile says.
//
// forward_backward: a rendezvous of all ranks between the two, as the benchmark has; `barrier`
// gives both directions one at their end. Each scan is a claim of the plan. Buffers of tokens
// exist in the size of their arithmetic; what computes make of them is not part of any proof.
// Source: LASP (arXiv 2404.02882, github OpenNLPLab/LASP) and the facts in
// docs/linear_attention.md. Left out: projections and everything between the layers;
// data-dependent gates. Errors: InputError with every issue.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/collectives/catalogue.h"

namespace twinlink::models {

enum class LinearAttentionMethod : std::uint8_t {
  naive,
  cache,
  fuse,
  fuse_parallel,
  blelloch,
  scan
};
enum class LinearAttentionDirection : std::uint8_t { forward, backward, forward_backward };

// What LASP's code costs beyond the machine's profile. Fitted per machine: see
// scenarios/profiles/overheads. The host issues a rank's operations one after the other, ahead of
// the GPU where it can; the GPU runs an operation no earlier than it was issued.
struct LinearAttentionOverheads {
  Duration issue{};          // host: one operation (kernel, copy, send or receive)
  Duration operation{};      // GPU: one operation, beside its work
  double kernel_tflops = 0;  // what LASP's Triton kernels reach on a full GPU; 0: no time
  Duration host_state{};  // host: a state made in its memory and sent to the GPU (naive), per MiB
};

// What kernels of method scan cost beside linear_attention_work.h: measured on each part alone.
struct LinearAttentionKernels {
  struct Part {
    double traffic = 1;  // bytes of HBM's time per necessary byte
    Duration fixed{};    // beside that
  };
  struct Direction {
    Part local_state, intra_chunk, inter_chunk;
  };
  Direction forward, backward;
  Duration
      meeting{};  // GPUs part and meet by events: once a direction, and half of it before a scan
  bool given = false;  // false: the machine's profile alone
};

struct LinearAttentionRequest {
  int dp = 1, sp = 1;
  std::int64_t batch = 1;  // of all ranks together
  std::int64_t sequence = 2048;
  std::int32_t heads = 12, d_k = 128, d_v = 64;
  std::vector<double> slopes;   // one per head; empty: alibi_slopes(heads)
  std::int32_t chunk = 64;      // tokens of a block of LASP's forward kernels, and of `scan`
  std::int32_t sub_chunk = 32;  // tokens of a block of their backward and diagonal kernels
  ElementType element = ElementType::bf16;
  ElementType state = ElementType::fp32;
  std::int32_t layers = 1;
  LinearAttentionDirection direction = LinearAttentionDirection::forward;
  LinearAttentionMethod method = LinearAttentionMethod::scan;
  std::string scan = "ring_decoupled";  // of the catalogue's exclusive scans; for method scan
  bool overlap = true;                  // method scan: beside the intra-chunk part
  // Method scan: the scan right behind the local state, and then one kernel that does intra-chunk
  // and inter-chunk part at once (FLOPs and bytes of the intra-chunk part); overlap means nothing.
  bool merged = false;
  bool barrier = true;
  LinearAttentionOverheads overheads;
  LinearAttentionKernels kernels;
  std::vector<std::int32_t> gpu_of_rank;  // empty: one GPU per rank
  std::vector<std::int32_t> domain_of_rank;
  bool multicast = false;
  int sms = 132;                    // of one GPU: how full LASP's grids make it
  LaneShape shape{48, 512, 16, 4};  // of the scan's kernel and of transfers
  std::int32_t slices = 0;          // of the scan, as CollectiveRequest::slices
};

// The method's plan; the scan's name and the method name it.
Plan build_linear_attention(const LinearAttentionRequest& request);

// Slopes as LASP's benchmark has them (ALiBi): 2^(-8 i / n) for i = 1..n for the largest power of
// two n <= heads; the others from the odd ones of 2n.
std::vector<double> alibi_slopes(std::int32_t heads);
// exp(-slope x tokens of a rank), per head: the decay of one chunk.
std::vector<double> chunk_decays(const LinearAttentionRequest& request);

Bytes state_bytes(const LinearAttentionRequest& request);
std::int64_t tokens(const LinearAttentionRequest& request);  // batch x sequence
// The algorithm that the method scans with.
const Algorithm& scan_of(const LinearAttentionRequest& request);
// Whether the method is known to be wrong for that many ranks.
bool expected_wrong(const LinearAttentionRequest& request);

std::span<const Word<LinearAttentionMethod>> words(LinearAttentionMethod);
std::span<const Word<LinearAttentionDirection>> words(LinearAttentionDirection);

// Throws InputError with every issue.
void check_linear_attention(const LinearAttentionRequest& request);

}  // namespace twinlink::models
