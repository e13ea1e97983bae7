#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {

FusedKernel fused_kernel_inline_small(Scalar scalar) { return fused_kernel_for<0, 256>(scalar); }

}  // namespace twinlink::realgpu
