#pragma once
// Outputs and gradients of one rank as LASP's 16-bit kernels round them: what their published table
// of differences consists of, missing terms apart.
//
// Inputs are bf16. A kernel keeps sums in fp32, its products take operands of 10-bit mantissa
// (tf32), and what it stores is rounded to nearest even. Per method (OpenNLPLab/LASP, lasp/*.py):
//   reference (lightning_attn)  o is stored once; of each gradient first the part inside blocks of
//                 64, which is loaded, added to and stored again
//   naive, cache  the local part like that (blocks of 64, gradients 32), then the state's part
//   added
//                 in fp32 and stored again
//   fuse          gradients once; o and dv on two slabs of d_k, each stored, and their stored sum
//   fuse_parallel, blelloch   everything twice, with blocks of `block`
// Left out: the order of sums inside a product.
#include "sim/host_linear_attention.h"

namespace twinlink::sim {

enum class RoundedMethod : std::uint8_t { reference, naive, fuse, fuse_parallel };

// States of what comes before and after the chunk, d x e.
struct OutsideStates {
  std::span<const float> prefix, suffix;
};

// block: of fuse_parallel; tokens of the chunk must be whole blocks (of 64, 32 and `block`), d_k
// two slabs.
AttentionResults<float> rounded_results(const AttentionInputs& chunk, const OutsideStates& states,
                                        RoundedMethod method, int block);

float to_bf16(float value);                       // nearest, ties to even
AttentionInputs in_bf16(AttentionInputs inputs);  // every input rounded

}  // namespace twinlink::sim
