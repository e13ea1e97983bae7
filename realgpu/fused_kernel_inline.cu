#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {

FusedKernel fused_kernel_inline(Scalar scalar) { return fused_kernel_for<0, 512>(scalar); }

}  // namespace twinlink::realgpu
