#pragma once
// The walks of linear_attention_kernels.h, one launch each; compiled for sm_90a alone, because
// wgmma exists nowhere else.
#include "realgpu/linear_attention_kernels.h"

namespace twinlink::realgpu {

void launch_state(const AttentionArgs& args, cudaStream_t stream);
void launch_output(const AttentionArgs& args, cudaStream_t stream);
void launch_query(const AttentionArgs& args, cudaStream_t stream);
void launch_key_value(const AttentionArgs& args, cudaStream_t stream);
void launch_inter_output(const AttentionArgs& args, cudaStream_t stream);
void launch_inter_key_value(const AttentionArgs& args, cudaStream_t stream);

}  // namespace twinlink::realgpu
