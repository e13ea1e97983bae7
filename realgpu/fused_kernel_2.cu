#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {

FusedKernel fused_kernel_2(Scalar scalar) { return fused_kernel_for<2, 1024>(scalar); }

}  // namespace twinlink::realgpu
