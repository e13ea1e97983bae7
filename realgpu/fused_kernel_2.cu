#include "realgpu/fused_kernels.h"

#include "realgpu/fused_kernel.cuh"

namespace twinlink::realgpu {


FusedKernel fused_kernel_2() {
  return fused_kernel<2, 1024>;
}

}  // namespace twinlink::realgpu
