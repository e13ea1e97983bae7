#pragma once
// What suite `dwdp` runs as whole pipelines: layers of DeepSeek-R1 in bf16, real in every dimension
// but the number of experts and layers. Pure host logic, no CUDA.
//
// Experts: 256 of 88 MB (3 x 7168 x 2048 x 2 B) in 58 layers are 1.3 TB; here 16 or 32 experts in 4
// layers, top 8 as published. With 32 experts a rank of two pulls 1.41 GB a layer, 3.6 ms at 396
// GB/s, and about 3600 tokens multiply as long as that; 4096 tokens are 1024 rows an expert
// (published: 29.5K tokens over 256 experts, 920 rows). Every rank has one request of `tokens`.
//   tokens   split weights, merged weights and all experts local, tokens from 1024 to 8192
//   slices   1 to 16 MiB and whole tensors, 1 and 2 copies in flight, short and long windows
//   order    4 ranks on two GPUs: fixed, rotated and random order of peers, whole and in 2 MiB
//   slices
// Quick: one case of each.
#include <string>
#include <vector>

#include "models/workloads/dwdp.h"
#include "realgpu/measure/measure.h"

namespace twinlink::realgpu {

struct DwdpCase {
  What what;
  models::DwdpRequest request;
  bool kinds = false;  // durations by kind of work are wanted too
};

models::TransformerShape scaled_deepseek(std::int64_t experts, std::int64_t layers);

std::vector<DwdpCase> dwdp_cases(bool quick);

// FLOPs of one rank's forward.
double forward_flops(const models::Plan& plan);

}  // namespace twinlink::realgpu
