#pragma once
// Layers of a transformer split over all ranks (tensor parallel): every rank has all tokens, a part
// of the heads and a part of the MLP or of the experts, so each half of a layer ends in partial
// sums:
//
//   attention -> all-reduce -> mlp -> all-reduce        of tokens x hidden, out of place
//
// Per rank and layer 4 (tp-1)/tp tokens x hidden x bytes per element go out. Claims: two
// all-reduces per layer. Source: Shoeybi et al., Megatron-LM, arXiv 1909.08053. Left out: norms and
// residual (in the computes), sequence parallelism, overlap.
#include <cstdint>
#include <string>
#include <vector>

#include "models/plan/plan_builder.h"

namespace twinlink::models {

struct TpLayerRequest {
  std::vector<std::int32_t> gpu_of_rank;
  std::int64_t tokens = 1;
  std::int64_t hidden = 8192;
  ElementType element = ElementType::bf16;
  std::int32_t layers = 1;  // one after another
  std::string algorithm = "ring";
  LaneShape shape;
  Compute attention, mlp;  // of one rank and layer; a kernel without a name: none
};

// Throws InputError with all issues; as build_plan for the algorithm.
Plan build_tp_layer(const TpLayerRequest& request);

}  // namespace twinlink::models
