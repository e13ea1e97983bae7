#pragma once
// The kernels of stream mode and their launch wrappers (plain functions).
//
//   fold   destination[j][e] = sum over i, in order, of factor[i][head(e)] * source[i][e]
//   scan   destination j of d = prefix k + 1 - d + j of the k ordered sources; the first prefix is
//   0,
//          the next one is factor[i] * the one before + source[i]; one element at a time
//   copy   source[i] -> destination[i], or source[0] -> every destination
//   work   a stated number of fp32 FLOPs (fused multiply-adds, no tensor cores) and of bytes read
//
// Arithmetic is fp32 for fp32, bf16 and fp16 (rounded once, to nearest even, when stored), fp64, or
// modulo 2^32 for u32; products and sums are rounded separately, as on the host. Accesses are 16
// bytes wide where every operand is aligned to 16, else one element. Loads are plain (not
// non-coherent), so peers' memory may be read. `loads` vectors per thread are in flight for each
// source; of several sources at most 8 / loads, at least 2, are loaded together, or one
// if serial. `loads` 8 needs at most 512 threads. Errors: GpuError, UnsupportedError (a shape that
// no kernel has).
#include <cuda_runtime_api.h>

#include <cstdint>

#include "realgpu/cuda_check.h"

namespace twinlink::realgpu {

inline constexpr int kMaxOperands = 64;  // kernel parameters hold 4 KB

enum class Scalar : std::uint8_t { fp32, fp64, bf16, fp16, u32 };

struct LaunchShape {
  int ctas = 1;
  int threads = 256;
  int vector_bytes = 16;  // 16, or less: one element
  int loads = 1;          // 1, 2, 4 or 8
  bool strided = false;   // blocks take turns instead of one contiguous range each
  bool serial = false;    // one source after the other
};

// When the first block began and the last one ended, in ns of the device's global timer. Reset
// start to all ones and end to 0.
struct Stamp {
  unsigned long long start, end;
};

struct FoldArgs {
  void* sources[kMaxOperands];
  void* destinations[kMaxOperands];
  int source_count = 0;  // 0: the destinations become zero
  int destination_count = 0;
  std::int64_t elements = 0;
  // factor of source i and head h at [i * heads + h], of the arithmetic's type; null: all 1.
  const void* factors = nullptr;
  int heads = 1;
  std::int64_t first_element = 0;   // position of the first element within the state
  std::int64_t state_elements = 1;  // head = position * heads / state_elements
  Stamp* stamp = nullptr;           // null: none
};

struct CopyArgs {
  const void* sources[kMaxOperands];
  void* destinations[kMaxOperands];
  std::int64_t bytes[kMaxOperands];
  int pairs = 0;           // destinations
  bool broadcast = false;  // sources[0] and bytes[0] serve all destinations
  Stamp* stamp = nullptr;
};

struct WorkArgs {
  double flops = 0;
  std::int64_t bytes = 0;
  const void* buffer = nullptr;  // read round and round
  std::int64_t buffer_bytes = 0;
  std::int64_t first = 0;  // where reading begins, a multiple of 16
  float* sink = nullptr;
  Stamp* stamp = nullptr;
};

void launch_fold(Scalar scalar, const FoldArgs& args, const LaunchShape& shape,
                 cudaStream_t stream);
void launch_scan(Scalar scalar, const FoldArgs& args, const LaunchShape& shape,
                 cudaStream_t stream);
void launch_copy(const CopyArgs& args, const LaunchShape& shape, cudaStream_t stream);
void launch_work(const WorkArgs& args, const LaunchShape& shape, cudaStream_t stream);

// Sets start or end of a stamp; brackets work that cannot stamp itself.
void launch_stamp_start(Stamp* stamp, cudaStream_t stream);
void launch_stamp_end(Stamp* stamp, cudaStream_t stream);

}  // namespace twinlink::realgpu
