#pragma once
// A kernel that only reads: 16-byte loads, `loads` of them in flight per thread, plain (so peers'
// memory may be read). Bytes are cut to whole trips of all threads.
#include <cuda_runtime_api.h>

#include <cstdint>

#include "realgpu/kernels.h"

namespace twinlink::realgpu {

struct ReadArgs {
  const void* source = nullptr;
  std::int64_t bytes = 0;
  float* sink = nullptr;  // never written in practice; keeps the loads
};

// What a launch reads of `bytes`.
std::int64_t read_bytes(std::int64_t bytes, const LaunchShape& shape);
void launch_read(const ReadArgs& args, const LaunchShape& shape, cudaStream_t stream);

}  // namespace twinlink::realgpu
