#include "realgpu/device_code.cuh"
#include "realgpu/element_code.cuh"
#include "realgpu/launch_shape.h"

namespace twinlink::realgpu {
namespace {

// Head of an element of the op.
__device__ int head_of(const FoldArgs& args, std::int64_t element) {
  if (args.heads == 1) return 0;
  const std::int64_t position = (args.first_element + element) % args.state_elements;
  return static_cast<int>(position * args.heads / args.state_elements);
}

template <class T>
__device__ ArithmeticOf<T> factor_of(const FoldArgs& args, int source, int head) {
  return static_cast<const ArithmeticOf<T>*>(
      args.factors)[std::int64_t{source} * args.heads + head];
}

// U vectors of C sources from source `first_source` on are loaded before the first is used.
template <class T, bool kDecay, int U, int C>
__device__ void accumulate(const FoldArgs& args, Sum<T> (&sums)[U], const Range& at,
                           int first_source) {
  Vector<T> loaded[C][U];
#pragma unroll
  for (int c = 0; c < C; ++c) {
    if (first_source + c >= args.source_count) break;
    const auto* source = static_cast<const uint4*>(args.sources[first_source + c]);
#pragma unroll
    for (int u = 0; u < U; ++u) loaded[c][u].raw = source[at.begin + u * at.step];
  }
#pragma unroll
  for (int c = 0; c < C; ++c) {
    if (first_source + c >= args.source_count) break;
#pragma unroll
    for (int u = 0; u < U; ++u) {
      if constexpr (kDecay) {
        const int head = head_of(args, (at.begin + u * at.step) * kPerVector<T>);
        add<T>(sums[u], loaded[c][u], factor_of<T>(args, first_source + c, head));
      } else {
        add<T>(sums[u], loaded[c][u]);
      }
    }
  }
}

template <class T, bool kDecay, int U, int C>
__device__ void fold_batch(const FoldArgs& args, const Range& at) {
  Sum<T> sums[U] = {};
  for (int first = 0; first < args.source_count; first += C)
    accumulate<T, kDecay, U, C>(args, sums, at, first);
  for (int d = 0; d < args.destination_count; ++d) {
    auto* destination = static_cast<uint4*>(args.destinations[d]);
#pragma unroll
    for (int u = 0; u < U; ++u) destination[at.begin + u * at.step] = rounded<T>(sums[u]).raw;
  }
}

// Elements that no vector covers, and all of them where an operand is not aligned.
template <class T, bool kDecay>
__device__ void fold_elements(const FoldArgs& args, std::int64_t first) {
  const std::int64_t threads = std::int64_t{gridDim.x} * blockDim.x;
  const std::int64_t thread = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (std::int64_t e = first + thread; e < args.elements; e += threads) {
    ArithmeticOf<T> sum = 0;
    for (int s = 0; s < args.source_count; ++s) {
      ArithmeticOf<T> value = widen<T>(static_cast<const T*>(args.sources[s])[e]);
      if constexpr (kDecay) value = factor_of<T>(args, s, head_of(args, e)) * value;
      sum += value;
    }
    for (int d = 0; d < args.destination_count; ++d)
      static_cast<T*>(args.destinations[d])[e] = narrow<T>(sum);
  }
}

template <class T, bool kDecay, int U, int C>
__global__ void __launch_bounds__(kMaxThreads<U>)
    fold_kernel(const __grid_constant__ FoldArgs args, std::int64_t vectors, bool strided) {
  stamp_start(args.stamp);
  Range at = thread_range(vectors, strided);
  for (; at.begin + (U - 1) * at.step < at.end; at.begin += U * at.step)
    fold_batch<T, kDecay, U, C>(args, at);
  for (; at.begin < at.end; at.begin += at.step) fold_batch<T, kDecay, 1, C>(args, at);
  fold_elements<T, kDecay>(args, vectors * kPerVector<T>);
  stamp_end(args.stamp);
}

// Vectors are used if every operand is aligned and no vector spans two heads.
template <class T>
std::int64_t vectors_of(const FoldArgs& args, const LaunchShape& shape) {
  bool usable = shape.vector_bytes == 16;
  for (int s = 0; s < args.source_count; ++s) usable = usable && is_aligned(args.sources[s], 16);
  for (int d = 0; d < args.destination_count; ++d)
    usable = usable && is_aligned(args.destinations[d], 16);
  if (args.factors != nullptr && args.heads > 1)
    usable = usable && args.state_elements % (std::int64_t{args.heads} * kPerVector<T>) == 0 &&
             args.first_element % kPerVector<T> == 0;
  return usable ? args.elements / kPerVector<T> : 0;
}

template <class T, bool kDecay, int U>
void launch_variant(const FoldArgs& args, const LaunchShape& shape, cudaStream_t stream) {
  const auto grid = static_cast<unsigned>(shape.ctas);
  const auto block = static_cast<unsigned>(shape.threads);
  const std::int64_t vectors = vectors_of<T>(args, shape);
  if (shape.serial)
    fold_kernel<T, kDecay, U, 1><<<grid, block, 0, stream>>>(args, vectors, shape.strided);
  else
    fold_kernel<T, kDecay, U, kTogether<U>>
        <<<grid, block, 0, stream>>>(args, vectors, shape.strided);
  TL_CUDA(cudaGetLastError());
}

template <class T>
void launch_typed(const FoldArgs& args, const LaunchShape& shape, cudaStream_t stream) {
  with_loads(shape, [&](auto loads) {
    if (args.factors == nullptr)
      launch_variant<T, false, loads.value>(args, shape, stream);
    else
      launch_variant<T, true, loads.value>(args, shape, stream);
  });
}

}  // namespace

void launch_fold(Scalar scalar, const FoldArgs& args, const LaunchShape& shape,
                 cudaStream_t stream) {
  check_operands(args.source_count, args.destination_count);
  switch (scalar) {
    case Scalar::fp32: return launch_typed<float>(args, shape, stream);
    case Scalar::fp64: return launch_typed<double>(args, shape, stream);
    case Scalar::bf16: return launch_typed<__nv_bfloat16>(args, shape, stream);
    case Scalar::fp16: return launch_typed<__half>(args, shape, stream);
    case Scalar::u32: return launch_typed<std::uint32_t>(args, shape, stream);
  }
}

}  // namespace twinlink::realgpu
