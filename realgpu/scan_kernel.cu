#include "realgpu/device_code.cuh"
#include "realgpu/element_code.cuh"
#include "realgpu/launch_shape.h"

namespace twinlink::realgpu {
namespace {

template <class T>
__device__ ArithmeticOf<T> factor_of(const FoldArgs& args, int source, std::int64_t element) {
  const std::int64_t position = args.first_element + element;
  const std::int64_t head = args.heads == 1 ? 0 : position * args.heads / args.state_elements;
  return static_cast<const ArithmeticOf<T>*>(
      args.factors)[std::int64_t{source} * args.heads + head];
}

// One element at a time: neighbouring threads read neighbouring elements; U sources are loaded
// before the first is used.
template <class T, int U>
__global__ void __launch_bounds__(1024)
    scan_kernel(const __grid_constant__ FoldArgs args, bool strided) {
  stamp_start(args.stamp);
  const int skipped = args.source_count + 1 - args.destination_count;
  const auto store = [&](int prefix, std::int64_t e, ArithmeticOf<T> value) {
    if (prefix >= skipped)
      static_cast<T*>(args.destinations[prefix - skipped])[e] = narrow<T>(value);
  };
  Range at = thread_range(args.elements, strided);
  for (std::int64_t e = at.begin; e < at.end; e += at.step) {
    ArithmeticOf<T> prefix = 0;
    store(0, e, prefix);
    for (int first = 0; first < args.source_count; first += U) {
      T loaded[U];
#pragma unroll
      for (int u = 0; u < U; ++u)
        if (first + u < args.source_count)
          loaded[u] = static_cast<const T*>(args.sources[first + u])[e];
#pragma unroll
      for (int u = 0; u < U; ++u) {
        if (first + u >= args.source_count) break;
        if (args.factors != nullptr) prefix = factor_of<T>(args, first + u, e) * prefix;
        prefix += widen<T>(loaded[u]);
        store(first + u + 1, e, prefix);
      }
    }
  }
  stamp_end(args.stamp);
}

template <class T>
void launch_typed(const FoldArgs& args, const LaunchShape& shape, cudaStream_t stream) {
  check_shape(shape);
  scan_kernel<T, 8>
      <<<static_cast<unsigned>(shape.ctas), static_cast<unsigned>(shape.threads), 0, stream>>>(
          args, shape.strided);
  TL_CUDA(cudaGetLastError());
}

}  // namespace

void launch_scan(Scalar scalar, const FoldArgs& args, const LaunchShape& shape,
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
