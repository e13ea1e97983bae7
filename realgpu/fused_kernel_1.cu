#include "realgpu/fused_kernels.h"

#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {


FusedKernel fused_kernel_1() {
  return fused_kernel<1, 1024>;
}

}  // namespace twinlink::realgpu
