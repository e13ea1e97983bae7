#include "realgpu/fused_kernels.h"

#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {

// Up to 512 threads a block may use 128 registers each.
FusedKernel fused_kernel_4(bool large) {
  return large ? fused_kernel<4, 1024> : fused_kernel<4, 512>;
}

}  // namespace twinlink::realgpu
