#pragma once
// One or more layers of a transformer whose attention runs data parallel and whose MLP or MoE runs
// on all ranks: `tp` ranks in `dp` attention groups of a = tp / dp ranks.
//
//   1. attention   every group on its own tokens; a > 1: each rank holds a partial sum of them
//   2. gather      local -> global, all tokens on every rank
//        max_len   every group's rows are padded to the longest, and to a multiple of a:
//                  a > 1: reduce-scatter in the group; then an all-gather over all ranks
//        sum_len   the groups' rows one after the other: zero-fill, own rows, all-reduce
//   3. mlp         on all rows; every rank holds a partial sum of all of them
//   4. combine     all_reduce      all-reduce of all rows, then a copy of the own group's
//                  reduce_scatter  a = 1: each rank gets its rows; a > 1: 1/tp of all rows, then an
//                                  all-gather in the group (max_len only: the shares are equal)
// S = rows x hidden x bytes per element. Per rank all_reduce moves 2 (tp-1)/tp S and
// reduce_scatter (tp-1)/tp S, for a > 1 (a-1)/tp S more: the all-gather half that the copy throws
// away, but for the rows of the own group.
// Order of sums: with the ring both ways add a row's partial sums in the same cyclic order of ranks
// (the all-reduce's ring begins one rank further, so that share c ends at rank c): the same bits.
// With two_shot and direct the order is that of the ranks: the same bits. With other pairs and in
// NCCL, which deals an all-reduce to ranks in finer chunks, the order differs, and bits may.
// Proved and computed on the host from end to end, but for the contents of compute ops.
// Source: sglang layers/dp_attention.py and communicator.py (pull requests 8280 and 8539).
// Left out: residual and norm (in `attention` and `mlp`), overlap of stages, CUDA-graph padding.
#include <cstdint>
#include <string>
#include <vector>

#include "models/plan/plan_builder.h"

namespace twinlink::models {

enum class Padding : std::uint8_t { automatic, max_len, sum_len };
enum class Combine : std::uint8_t { all_reduce, reduce_scatter };

// One algorithm of the catalogue for each collective.
struct CollectiveNames {
  std::string all_reduce = "ring", reduce_scatter = "ring", all_gather = "ring";
};

struct DpAttentionRequest {
  std::vector<std::int32_t> gpu_of_rank;  // tp ranks
  std::int32_t dp = 1;                    // divides tp; group g: ranks g a to g a + a - 1
  std::vector<std::int64_t> tokens;       // of each group
  std::int64_t hidden = 7168;
  ElementType element = ElementType::bf16;
  std::int32_t layers = 1;  // in the plan, one after another
  // automatic: max_len if 2 sum > longest x dp, as SGLang decides; sum_len then takes the
  // all-reduce whatever `combine` says.
  Padding padding = Padding::automatic;
  Combine combine = Combine::reduce_scatter;
  CollectiveNames algorithms;
  LaneShape shape;  // of collectives and copies
  std::int32_t channels = 1;
  Compute attention, mlp;  // of one rank and layer; a kernel without a name: none
};

// Rows of the global buffer and where each group's lie.
struct DpRows {
  bool padded = false;              // max_len
  std::int64_t all = 0;             // S / (hidden x bytes per element)
  std::vector<std::int64_t> begin;  // by group
  std::vector<std::int64_t> count;  // by group, padding included
};
DpRows rows_of(const DpAttentionRequest& request);
// Whether step 4 is a reduce-scatter.
bool scatters(const DpAttentionRequest& request);
// S.
Bytes global_bytes(const DpAttentionRequest& request);

// Throws InputError with all issues; as build_plan for the algorithms.
Plan build_dp_attention(const DpAttentionRequest& request);

}  // namespace twinlink::models
