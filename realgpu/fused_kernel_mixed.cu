#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {

FusedKernel fused_kernel_mixed(Scalar scalar, bool large) {
  return large ? fused_kernel_for<kMixedLoads, 1024>(scalar)
               : fused_kernel_for<kMixedLoads, 512>(scalar);
}

}  // namespace twinlink::realgpu
