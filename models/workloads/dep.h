#pragma once
// Attention data parallelism with expert parallelism: every rank prefills its own requests, tokens
// travel to the ranks that hold their experts and back.
//
// Per MoE layer: attention and router on the own tokens; dispatch, one quantised row per token and
// rank that it needs, pushed; a meeting (tail of dispatch); the rank's experts on what all ranks
// sent; a meeting (head of combine); combine, one bf16 row per token and rank, pulled; the sum.
// So a layer lasts max over ranks of what comes before the first meeting + max of what comes
// between them: the waiting is the price of unequal lengths and unequal experts. All ranks meet at
// the end of a forward.
// loads: per MoE layer the share of each rank in all token-expert pairs (expert_loads.h).
// Transfers are rounded to 1/64 of the largest.
// wire: bytes moved per byte of row, for metadata and imperfect stores; 1: none.
// Left out: two-sided kernels, group-limited routing, quantising cost (it is in `others`).
#include <vector>

#include "models/plan/plan.h"
#include "models/workloads/expert_loads.h"
#include "models/workloads/layer_stages.h"

namespace twinlink::models {

struct DepRequest {
  TransformerShape shape;
  std::vector<std::int32_t> gpu_of_rank;
  std::vector<std::vector<Batch>> forwards;  // [forward][rank]
  std::vector<std::vector<double>> loads;    // [forward x moe_layers][rank]
  bool quantised_dispatch = true;
  double wire = 1;
  Duration host;       // between forwards
  Bytes hbm_capacity;  // of one GPU; 0: not checked
  LaunchMode launch = LaunchMode::graph;

  [[nodiscard]] std::int32_t ranks() const { return static_cast<std::int32_t>(gpu_of_rank.size()); }
};

// Weights of one rank: what is replicated and its share of the experts.
Bytes dep_memory(const DepRequest& request);

// InputError with all issues: fewer experts than ranks, weights over the capacity, batches or loads
// that do not fit the ranks and layers.
void check_dep(const DepRequest& request);

Plan build_dep(const DepRequest& request);

}  // namespace twinlink::models
