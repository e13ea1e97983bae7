#pragma once
// How the bytes of a slice are dealt to the blocks and threads of a lane in a fused launch.
//
// By their position within the slice alone, whatever the op and its operands: contiguous: equal
// ranges, rounded up to 128 bytes; strided: turns of 16 bytes per thread. So ops of equal geometry
// on the same slice touch the same bytes from the same block: realgpu/fused_scope.h relies on it.
#include "realgpu/fused_block.cuh"

namespace twinlink::realgpu {

struct Chunks {
  std::int64_t bytes;   // of one turn
  std::int64_t stride;  // to this block's next turn
  std::int64_t first;
};

__device__ inline Chunks chunks_of(const Block& block, const StepHead& head, std::int64_t bytes) {
  const std::int64_t ctas = block.lane.ctas;
  std::int64_t each = std::int64_t{16} * block.lane.threads;
  if (!head.strided) each = ((bytes + ctas - 1) / ctas + 127) / 128 * 128;
  return {each, each * ctas, each * block.number};
}

// The words (of `size` bytes, whole ones) of this thread: begin, begin + step, ... below end.
__device__ inline Range words_of(const Block& block, const StepHead& head, std::int64_t bytes,
                                 int size) {
  const std::int64_t words = bytes / size;
  const std::int64_t threads = block.lane.threads;
  const auto thread = static_cast<std::int64_t>(threadIdx.x);
  if (thread >= threads) return {0, 0, 1};
  if (head.strided && size == 16)
    return {block.number * threads + thread, words, block.lane.ctas * threads};
  const Chunks chunks = chunks_of(block, head, bytes);
  const std::int64_t last = (chunks.first + chunks.bytes) / size;
  return {chunks.first / size + thread, last < words ? last : words, threads};
}

// Calls use(i) for this thread's elements of `size` bytes from byte `from` on.
template <class Use>
__device__ void for_elements(const Block& block, const StepHead& head, const Operand& extent,
                             std::int64_t from, int size, const Use& use) {
  const Chunks chunks = chunks_of(block, head, extent.bytes);
  const auto thread = static_cast<std::int64_t>(threadIdx.x);
  if (thread >= block.lane.threads) return;
  for (std::int64_t at = chunks.first; at < extent.bytes; at += chunks.stride) {
    const std::int64_t begin = at > from ? at : from;
    const std::int64_t next = at + chunks.bytes;
    const std::int64_t end = next < extent.bytes ? next : extent.bytes;
    for (std::int64_t e = begin / size + thread; e < end / size; e += block.lane.threads) use(e);
  }
}

}  // namespace twinlink::realgpu
