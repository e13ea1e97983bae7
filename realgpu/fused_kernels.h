#pragma once
// The variants of the fused kernel, by the element type of all folds of a launch. `large`: blocks
// of up to 1024 threads, of which more fit on a multiprocessor; else up to 512 threads with more
// registers each.
#include "realgpu/fused_device.h"

namespace twinlink::realgpu {

using FusedKernel = void (*)(FusedArgs);

FusedKernel fused_kernel_1(Scalar scalar);
FusedKernel fused_kernel_2(Scalar scalar);
FusedKernel fused_kernel_4(Scalar scalar, bool large);
FusedKernel fused_kernel_8(Scalar scalar);
// For lanes of different loads in flight.
FusedKernel fused_kernel_mixed(Scalar scalar, bool large);
// For plans with inline data; up to 512 threads, or up to 256 with the least latency.
FusedKernel fused_kernel_inline(Scalar scalar);
FusedKernel fused_kernel_inline_small(Scalar scalar);

}  // namespace twinlink::realgpu
