#include "realgpu/launch_shape.h"
#include "realgpu/measure/read_kernel.h"

namespace twinlink::realgpu {
namespace {

std::int64_t trip_bytes(const LaunchShape& shape) {
  return std::int64_t{16} * shape.ctas * shape.threads * shape.loads;
}

template <int kLoads>
__global__ void __launch_bounds__(1024)
    read_kernel(const uint4* source, std::int64_t trips, float* sink) {
  const std::int64_t threads = std::int64_t{gridDim.x} * blockDim.x;
  const uint4* at = source + std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  unsigned mixed = 0;
  for (std::int64_t trip = 0; trip < trips; ++trip) {
    uint4 words[kLoads];
#pragma unroll
    for (int i = 0; i < kLoads; ++i) words[i] = at[i * threads];
#pragma unroll
    for (int i = 0; i < kLoads; ++i) mixed ^= words[i].x ^ words[i].y ^ words[i].z ^ words[i].w;
    at += kLoads * threads;
  }
  if (mixed == 0x9E3779B9u) *sink = 1;
}

}  // namespace

std::int64_t read_bytes(std::int64_t bytes, const LaunchShape& shape) {
  const std::int64_t trip = trip_bytes(shape);
  return bytes < trip ? trip : bytes / trip * trip;
}

void launch_read(const ReadArgs& args, const LaunchShape& shape, cudaStream_t stream) {
  const std::int64_t trips = args.bytes / trip_bytes(shape);
  with_loads(shape, [&](auto loads) {
    read_kernel<decltype(loads)::value>
        <<<static_cast<unsigned>(shape.ctas), static_cast<unsigned>(shape.threads), 0, stream>>>(
            static_cast<const uint4*>(args.source), trips, args.sink);
  });
  TL_CUDA(cudaGetLastError());
}

}  // namespace twinlink::realgpu
