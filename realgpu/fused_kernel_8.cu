#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {

FusedKernel fused_kernel_8(Scalar scalar) { return fused_kernel_for<8, 512>(scalar); }

}  // namespace twinlink::realgpu
