#pragma once
// Kernels around matrix products: exact operands (exact_pattern.h), comparison of what products and
// copies gave with their definition, and work that stands for kernels without shapes.
//
//   weights      at[i] = weight_at(buffer, first + i), i below `elements`
//   activations  at[i] = activation_at(i)
//   compare      a bf16 buffer with weights; a product's columns 0, n/2 and n - 1, all rows, with
//                the sum over k of weight x activation: a wrong weight changes all three
//   attention    FLOPs on tensor cores (mma.sync, bf16, sums in fp32) beside reads of the stated
//                bytes, on all SMs: the load of an attention core, not its function
//   read         the stated bytes, by all SMs
//   wait         nothing, for that long
// All are asynchronous on the stream. Errors: GpuError.
#include <cstdint>

#include "realgpu/kernels.h"

namespace twinlink::realgpu {

struct WeightRange {
  std::int32_t buffer = 0;
  std::int64_t first = 0;
};

struct Mismatches {
  unsigned long long compared, wrong;
};

void launch_weights(std::uint16_t* at, std::int64_t elements, const WeightRange& range,
                    cudaStream_t stream);
void launch_activations(std::uint16_t* at, std::int64_t elements, cudaStream_t stream);
void launch_compare_weights(const std::uint16_t* at, std::int64_t elements,
                            const WeightRange& range, Mismatches* found, cudaStream_t stream);

// `count` products of one shape. Matrix i of C begins at c + i m n, of B at i k n of the
// activations; its weights are those of ranges[i] (device memory).
struct CompareProduct {
  std::int64_t m = 0, n = 0, k = 0, count = 0;
  const WeightRange* ranges = nullptr;
  const std::uint16_t* c = nullptr;
  Mismatches* found = nullptr;
};
void launch_compare_product(const CompareProduct& product, cudaStream_t stream);

// shape is not used: these run on all SMs of the current device.
void launch_attention(const WorkArgs& args, cudaStream_t stream);
void launch_stream_read(const WorkArgs& args, cudaStream_t stream);
void launch_wait(std::int64_t nanoseconds, cudaStream_t stream);

}  // namespace twinlink::realgpu
