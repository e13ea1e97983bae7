#include <algorithm>
#include <cmath>

#include "realgpu/device_code.cuh"
#include "realgpu/exact_pattern.h"
#include "realgpu/product_kernels.h"

namespace twinlink::realgpu {
namespace {

constexpr int kThreads = 256;
constexpr int kColumns = 3;

__device__ std::int64_t thread_of_grid() {
  return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
__device__ std::int64_t threads_of_grid() { return std::int64_t{gridDim.x} * blockDim.x; }

__global__ void weights_kernel(std::uint16_t* at, std::int64_t elements, WeightRange range) {
  for (std::int64_t i = thread_of_grid(); i < elements; i += threads_of_grid())
    at[i] = bf16_bits(weight_at(range.buffer, range.first + i));
}

__global__ void activations_kernel(std::uint16_t* at, std::int64_t elements) {
  for (std::int64_t i = thread_of_grid(); i < elements; i += threads_of_grid())
    at[i] = bf16_bits(activation_at(i));
}

__device__ void count(Mismatches* found, unsigned long long compared, unsigned long long wrong) {
  atomicAdd(&found->compared, compared);
  if (wrong > 0) atomicAdd(&found->wrong, wrong);
}

__global__ void compare_weights_kernel(const std::uint16_t* at, std::int64_t elements,
                                       WeightRange range, Mismatches* found) {
  unsigned long long compared = 0, wrong = 0;
  for (std::int64_t i = thread_of_grid(); i < elements; i += threads_of_grid()) {
    ++compared;
    wrong += at[i] != bf16_bits(weight_at(range.buffer, range.first + i)) ? 1 : 0;
  }
  count(found, compared, wrong);
}

// A thread: one row of one matrix, in three columns.
__global__ void compare_product_kernel(const __grid_constant__ CompareProduct p) {
  const std::int64_t row = thread_of_grid();
  const std::int64_t matrix = blockIdx.y;
  if (row >= p.m) return;
  const WeightRange range = p.ranges[matrix];
  const std::int64_t columns[kColumns] = {0, p.n / 2, p.n - 1};
  const std::int64_t b = matrix * p.k * p.n;
  int sums[kColumns] = {0, 0, 0};
  for (std::int64_t i = 0; i < p.k; ++i) {
    const int weight = weight_at(range.buffer, range.first + row + i * p.m);
    for (int c = 0; c < kColumns; ++c) sums[c] += weight * activation_at(b + columns[c] * p.k + i);
  }
  unsigned long long wrong = 0;
  for (int c = 0; c < kColumns; ++c)
    wrong += p.c[matrix * p.m * p.n + columns[c] * p.m + row] != bf16_bits(sums[c]) ? 1 : 0;
  count(p.found, kColumns, wrong);
}

// D += A B with A 16 x 16, B 16 x 8: 4096 FLOPs of a warp.
__device__ void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

constexpr int kChains = 8;
constexpr double kFlopsOfStep = kChains * 4096.0;  // of a warp

// Of a thread: `loads` 16-byte loads spread evenly over `steps` steps of 8 independent products.
struct Steps {
  std::int64_t steps, loads;
};

__global__ void __launch_bounds__(kThreads)
    attention_kernel(const __grid_constant__ WorkArgs args, Steps work) {
  stamp_start(args.stamp);
  const std::int64_t vectors = args.buffer_bytes / 16;
  const auto* buffer = static_cast<const uint4*>(args.buffer);
  std::int64_t at = (args.first / 16 + thread_of_grid()) % vectors;
  uint4 held = buffer[at], coming = held;  // one load ahead: products do not wait for it
  float d[kChains][4] = {};
  std::int64_t due = 0;
  for (std::int64_t step = 0; step < work.steps; ++step) {
    const unsigned a[4] = {held.x, held.y, held.z, held.w};
    const unsigned b[2] = {held.y, held.w};
    for (due += work.loads; due >= work.steps; due -= work.steps) {
      at += threads_of_grid();
      if (at >= vectors) at %= vectors;
      held = coming;
      coming = buffer[at];
    }
#pragma unroll
    for (float(&chain)[4] : d) multiply(chain, a, b);
  }
  float sum = 0;
  for (const float(&chain)[4] : d) sum += chain[0] + chain[1] + chain[2] + chain[3];
  if (sum == 1.2345e-30f) *args.sink = sum;  // never: keeps the work
  stamp_end(args.stamp);
}

__global__ void __launch_bounds__(kThreads)
    stream_read_kernel(const __grid_constant__ WorkArgs args) {
  stamp_start(args.stamp);
  constexpr int kLoads = 8;
  const std::int64_t vectors = args.buffer_bytes / 16, wanted = args.bytes / 16,
                     first = args.first / 16;
  const auto* buffer = static_cast<const uint4*>(args.buffer);
  unsigned held = 0;
  const std::int64_t threads = threads_of_grid();
  for (std::int64_t at = thread_of_grid(); at < wanted; at += kLoads * threads) {
    uint4 words[kLoads];
#pragma unroll
    for (int i = 0; i < kLoads; ++i) {
      const std::int64_t next = at + i * threads;
      words[i] = next < wanted ? buffer[(next + first) % vectors] : uint4{};
    }
#pragma unroll
    for (int i = 0; i < kLoads; ++i) held ^= words[i].x ^ words[i].y ^ words[i].z ^ words[i].w;
  }
  if (held == 0x9E3779B9u) *args.sink = 1;
  stamp_end(args.stamp);
}

__global__ void wait_kernel(std::int64_t nanoseconds) {
  const unsigned long long begin = global_timer();
  while (static_cast<std::int64_t>(global_timer() - begin) < nanoseconds) __nanosleep(100);
}

unsigned sms() {
  int device = 0, count = 0;
  TL_CUDA(cudaGetDevice(&device));
  TL_CUDA(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device));
  return static_cast<unsigned>(count);
}

unsigned blocks_for(std::int64_t elements) {
  return static_cast<unsigned>(
      std::clamp<std::int64_t>((elements + kThreads - 1) / kThreads, 1, 16384));
}

}  // namespace

void launch_weights(std::uint16_t* at, std::int64_t elements, const WeightRange& range,
                    cudaStream_t stream) {
  weights_kernel<<<blocks_for(elements), kThreads, 0, stream>>>(at, elements, range);
  TL_CUDA(cudaGetLastError());
}

void launch_activations(std::uint16_t* at, std::int64_t elements, cudaStream_t stream) {
  activations_kernel<<<blocks_for(elements), kThreads, 0, stream>>>(at, elements);
  TL_CUDA(cudaGetLastError());
}

void launch_compare_weights(const std::uint16_t* at, std::int64_t elements,
                            const WeightRange& range, Mismatches* found, cudaStream_t stream) {
  compare_weights_kernel<<<blocks_for(elements), kThreads, 0, stream>>>(at, elements, range, found);
  TL_CUDA(cudaGetLastError());
}

void launch_compare_product(const CompareProduct& product, cudaStream_t stream) {
  const dim3 grid(blocks_for(product.m), static_cast<unsigned>(product.count));
  compare_product_kernel<<<grid, kThreads, 0, stream>>>(product);
  TL_CUDA(cudaGetLastError());
}

void launch_attention(const WorkArgs& args, cudaStream_t stream) {
  const unsigned blocks = 2 * sms();
  const double threads = static_cast<double>(blocks) * kThreads;
  Steps work{};
  work.steps = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(args.flops / (threads / 32 * kFlopsOfStep))));
  work.loads = static_cast<std::int64_t>(static_cast<double>(args.bytes) / (threads * 16));
  attention_kernel<<<blocks, kThreads, 0, stream>>>(args, work);
  TL_CUDA(cudaGetLastError());
}

void launch_stream_read(const WorkArgs& args, cudaStream_t stream) {
  stream_read_kernel<<<8 * sms(), kThreads, 0, stream>>>(args);
  TL_CUDA(cudaGetLastError());
}

void launch_wait(std::int64_t nanoseconds, cudaStream_t stream) {
  wait_kernel<<<1, 1, 0, stream>>>(nanoseconds);
  TL_CUDA(cudaGetLastError());
}

}  // namespace twinlink::realgpu
