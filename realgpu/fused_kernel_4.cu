#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {

FusedKernel fused_kernel_4(Scalar scalar, bool large) {
  return large ? fused_kernel_for<4, 1024>(scalar) : fused_kernel_for<4, 512>(scalar);
}

}  // namespace twinlink::realgpu
