#pragma once
// The variants of the fused kernel. `large`: blocks of up to 1024 threads, of which more fit on a
// multiprocessor; else up to 512 threads with more registers each.
#include "realgpu/fused_device.h"

namespace twinlink::realgpu {

using FusedKernel = void (*)(FusedArgs);

FusedKernel fused_kernel_1();
FusedKernel fused_kernel_2();
FusedKernel fused_kernel_4(bool large);
FusedKernel fused_kernel_8();

}  // namespace twinlink::realgpu
