#include <algorithm>

#include "realgpu/device_code.cuh"
#include "realgpu/launch_shape.h"

namespace twinlink::realgpu {
namespace {

// U words of C sources, one of each source's own share per thread, loaded before the first store.
template <class Word, int U, int C>
__device__ void copy_batch(const CopyArgs& args, const Range (&at)[C], int first,
                           std::int64_t offset) {
  Word loaded[C][U];
#pragma unroll
  for (int c = 0; c < C; ++c)
#pragma unroll
    for (int u = 0; u < U; ++u) {
      const std::int64_t i = at[c].begin + offset + u * at[c].step;
      if (i < at[c].end) loaded[c][u] = static_cast<const Word*>(args.sources[first + c])[i];
    }
#pragma unroll
  for (int c = 0; c < C; ++c) {
    const int copies = args.broadcast ? args.pairs : 1;
    for (int d = 0; d < copies; ++d) {
      auto* destination = static_cast<Word*>(args.destinations[first + c + d]);
#pragma unroll
      for (int u = 0; u < U; ++u) {
        const std::int64_t i = at[c].begin + offset + u * at[c].step;
        if (i < at[c].end) destination[i] = loaded[c][u];
      }
    }
  }
}

template <class Word, int U, int C>
__device__ void copy_group(const CopyArgs& args, int first, bool strided) {
  const int sources = args.broadcast ? 1 : args.pairs;
  Range at[C];
  std::int64_t longest = 0;
#pragma unroll
  for (int c = 0; c < C; ++c) {
    at[c] = {0, 0, 1};
    if (first + c >= sources) continue;
    const std::int64_t words = args.bytes[first + c] / static_cast<std::int64_t>(sizeof(Word));
    at[c] = thread_range(words, strided);
    longest = longest > at[c].end - at[c].begin ? longest : at[c].end - at[c].begin;
  }
  const std::int64_t batch = at[0].step * U;
  for (std::int64_t offset = 0; offset < longest; offset += batch)
    copy_batch<Word, U, C>(args, at, first, offset);
}

// Bytes behind the last whole word of each source.
template <class Word>
__device__ void copy_tails(const CopyArgs& args) {
  if (blockIdx.x != 0) return;
  for (int d = 0; d < args.pairs; ++d) {
    const int s = args.broadcast ? 0 : d;
    const std::int64_t whole = args.bytes[s] / static_cast<std::int64_t>(sizeof(Word)) *
                               static_cast<std::int64_t>(sizeof(Word));
    for (std::int64_t i = whole + threadIdx.x; i < args.bytes[s]; i += blockDim.x)
      static_cast<char*>(args.destinations[d])[i] = static_cast<const char*>(args.sources[s])[i];
  }
}

template <class Word, int U, int C>
__global__ void __launch_bounds__(kMaxThreads<U>)
    copy_kernel(const __grid_constant__ CopyArgs args, bool strided) {
  stamp_start(args.stamp);
  const int sources = args.broadcast ? 1 : args.pairs;
  for (int first = 0; first < sources; first += C) copy_group<Word, U, C>(args, first, strided);
  copy_tails<Word>(args);
  stamp_end(args.stamp);
}

template <class Word, int U, int C>
void launch_variant(const CopyArgs& args, const LaunchShape& shape, cudaStream_t stream) {
  copy_kernel<Word, U, C>
      <<<static_cast<unsigned>(shape.ctas), static_cast<unsigned>(shape.threads), 0, stream>>>(
          args, shape.strided);
  TL_CUDA(cudaGetLastError());
}

// The widest of 16, 4, 2 and 1 bytes to which all addresses are aligned and that the lane allows.
int widest_word(const CopyArgs& args, const LaunchShape& shape) {
  for (const int width : {16, 4, 2}) {
    bool fits = shape.vector_bytes >= width;
    const auto alignment = static_cast<std::uintptr_t>(width);
    for (int i = 0; i < args.pairs; ++i) fits = fits && is_aligned(args.destinations[i], alignment);
    for (int i = 0; i < (args.broadcast ? 1 : args.pairs); ++i)
      fits = fits && is_aligned(args.sources[i], alignment);
    if (fits) return width;
  }
  return 1;
}

template <int U>
void launch_width(const CopyArgs& args, const LaunchShape& shape, cudaStream_t stream) {
  const int width = widest_word(args, shape);
  if (width == 4) return launch_variant<std::uint32_t, U, 1>(args, shape, stream);
  if (width == 2) return launch_variant<std::uint16_t, U, 1>(args, shape, stream);
  if (width == 1) return launch_variant<std::uint8_t, U, 1>(args, shape, stream);
  if (shape.serial || args.broadcast || args.pairs == 1)
    return launch_variant<uint4, U, 1>(args, shape, stream);
  launch_variant<uint4, U, kTogether<U>>(args, shape, stream);
}

}  // namespace

void launch_copy(const CopyArgs& args, const LaunchShape& shape, cudaStream_t stream) {
  check_operands(args.pairs, args.pairs);
  with_loads(shape, [&](auto loads) { launch_width<loads.value>(args, shape, stream); });
}

}  // namespace twinlink::realgpu
