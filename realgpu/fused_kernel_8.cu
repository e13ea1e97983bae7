#include "realgpu/fused_kernels.h"

#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {


FusedKernel fused_kernel_8() {
  return fused_kernel<8, 512>;
}

}  // namespace twinlink::realgpu
