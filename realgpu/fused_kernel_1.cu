#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {

FusedKernel fused_kernel_1(Scalar scalar) { return fused_kernel_for<1, 1024>(scalar); }

}  // namespace twinlink::realgpu
