#include "models/cost/kept_list.h"
#include "realgpu/fused_kernels.h"

namespace twinlink::realgpu {
namespace {

// Null: there is none.
const void* kernel_of(const FusedShape& shape) {
  FusedKernel kernel = nullptr;
  if (shape.threads > 1024) return nullptr;
  const bool large = shape.large || shape.threads > 512;
  if (shape.inline_data) {
    if (models::keeps_list(shape.inline_data, shape.threads) && !shape.large)
      kernel = fused_kernel_inline_small(shape.scalar);
    else if (shape.threads <= 512)
      kernel = fused_kernel_inline(shape.scalar);
  } else if (shape.loads == 1) {
    kernel = fused_kernel_1(shape.scalar);
  } else if (shape.loads == 2) {
    kernel = fused_kernel_2(shape.scalar);
  } else if (shape.loads == 4) {
    kernel = fused_kernel_4(shape.scalar, large);
  } else if (shape.loads == 8 && shape.threads <= 512) {
    kernel = fused_kernel_8(shape.scalar);
  } else if (shape.loads == kMixedLoads) {
    kernel = fused_kernel_mixed(shape.scalar, large);
  }
  return reinterpret_cast<const void*>(kernel);
}

}  // namespace

int resident_blocks(const FusedShape& shape) {
  const void* kernel = kernel_of(shape);
  if (kernel == nullptr) return 0;
  int per_sm = 0;
  int device = 0;
  int sms = 0;
  TL_CUDA(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&per_sm, kernel, shape.threads, 0));
  TL_CUDA(cudaGetDevice(&device));
  TL_CUDA(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, device));
  return per_sm * sms;
}

void launch_fused(FusedArgs& args, const FusedShape& shape, cudaStream_t stream) {
  cudaLaunchAttribute attributes[2] = {};
  attributes[0].id = cudaLaunchAttributeCooperative;
  attributes[0].val.cooperative = shape.cooperative ? 1 : 0;
  attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[1].val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(shape.blocks));
  config.blockDim = dim3(static_cast<unsigned>(shape.threads));
  config.stream = stream;
  config.attrs = attributes;
  config.numAttrs = shape.overlapped ? 2 : 1;
  void* parameters[] = {&args};
  TL_CUDA(cudaLaunchKernelExC(&config, kernel_of(shape), parameters));
}

}  // namespace twinlink::realgpu
