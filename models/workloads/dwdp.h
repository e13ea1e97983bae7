#pragma once
// Distributed weight data parallelism: every rank prefills its own requests and pulls the experts
// that it lacks from its peers, layer by layer, while it computes.
//
// One compute stream (an sm lane) and `in_flight` copy queues per rank. In a forward, for the MoE
// layers m = 0, 1, ...:
//   start         pulls of layers 0 .. depth-1
//   MoE(m)        waits for its pull (and, with `merge`, copies the local experts into the slot)
//   pull m+depth  waits for the experts of MoE(m) and, in its queues, for the pulls before it
// Slot of layer m: m mod buffers. Ranks never wait for each other: what they share is links and
// memories. A forward follows the last one after `host`; rank r begins after delays[r].
// Weights lie in one buffer per rank (role weights), landed experts in `buffers` scratch buffers.
// With all experts local nothing moves and the plan is plain data parallelism.
// slower: by kind of work, share by which it takes longer than memory and clock explain: of FLOPs,
// and of the bytes of kernels that only move data; the merge apart. 0 unless a study names why.
// Refused with the arithmetic: see check_dwdp. Source of the protocol: arXiv 2604.01621 and the
// runtime that it describes (PRs 12136, 12974).
// Left out: fabric mapping, routing-aware prefetch, cross-node groups, expert re-balancing.
#include <array>
#include <cstddef>
#include <vector>

#include "models/plan/plan.h"
#include "models/workloads/expert_pulls.h"
#include "models/workloads/layer_stages.h"

namespace twinlink::models {

using ByWorkKind = std::array<double, static_cast<std::size_t>(WorkKind::memory) + 1>;

struct DwdpRequest {
  TransformerShape shape;
  std::vector<std::int32_t> gpu_of_rank;  // size: ranks of the group
  ExpertPlacement placement;
  PullRules pulls;
  bool merge = false;
  ByWorkKind slower{};
  std::vector<std::vector<Batch>> forwards;  // [forward][rank]
  std::vector<Duration> delays;              // by rank; empty: none
  Duration host;
  Bytes hbm_capacity;  // of one GPU; 0: not checked
  LaunchMode launch = LaunchMode::graph;

  [[nodiscard]] std::int32_t ranks() const { return static_cast<std::int32_t>(gpu_of_rank.size()); }
};

// Weights and buffers of one rank.
struct DwdpMemory {
  Bytes replicated, local_experts, slots;
  [[nodiscard]] Bytes total() const { return replicated + local_experts + slots; }
};
DwdpMemory dwdp_memory(const DwdpRequest& request);

// Bytes that one rank pulls before one MoE layer.
Bytes pulled_per_layer(const DwdpRequest& request);

// InputError with all issues: fewer experts than ranks, experts not covered, prefetch deeper than
// the buffers, weights and buffers over the capacity, batches that do not fit the ranks.
void check_dwdp(const DwdpRequest& request);

Plan build_dwdp(const DwdpRequest& request);

}  // namespace twinlink::models
