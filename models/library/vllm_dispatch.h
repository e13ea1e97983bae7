#pragma once
// Which all-reduce vLLM calls for a tensor, with the size limits of its pull request 24111.
//
//   custom kernels up to their limit: 1-stage for 2 ranks, and for 4 below 512 KB; else 2-stage
//   then symmetric memory up to its limit: multimem for 4 ranks on Hopper, else two-shot
//   then NCCL
// Limits (MiB): Hopper, custom 64 (2 ranks), 32 (4), symmetric memory 64, 32; Blackwell, custom 2,
// 2, symmetric memory 8, 32. Known for 2 and 4 ranks of one NVLink domain; other counts were tuned
// on other rows and are refused. Sizes must be whole packs of 16 bytes for the custom kernels.
// Source: vllm-project/vllm PR 24111, csrc/custom_all_reduce.cuh, device_communicators.
#include <string_view>

#include "models/library/nccl_tuning.h"

namespace twinlink::models {

// A name of the catalogue. Throws UnsupportedError for what is not known.
std::string_view vllm_all_reduce(GpuGeneration generation, int ranks, Bytes bytes);

}  // namespace twinlink::models
