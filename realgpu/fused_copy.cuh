#pragma once
// Copies of a fused launch, for one block of a lane: 16 bytes wide where all operands are aligned,
// else one element; U accesses per thread and source in flight, of two sources at a time (one if
// serial). Loads are plain: never .nc, because bytes may have been written in this launch.
#include "realgpu/fused_split.cuh"

namespace twinlink::realgpu {

template <class Word, int U>
__device__ void copy_words(const Block& block, const Step& step, int source) {
  const StepHead& head = *step.head;
  const Operand& from = step.sources[source];
  const int first = head.broadcast ? 0 : source;
  const int last = head.broadcast ? head.destinations : source + 1;
  Range at = words_of(block, head, from.bytes, sizeof(Word));
  const auto* words = static_cast<const Word*>(from.address);
  for (; at.begin < at.end; at.begin += U * at.step) {
    Word loaded[U];
#pragma unroll
    for (int u = 0; u < U; ++u)
      if (at.begin + u * at.step < at.end) loaded[u] = words[at.begin + u * at.step];
    for (int d = first; d < last; ++d) {
      auto* to = static_cast<Word*>(step.destinations[d].address);
#pragma unroll
      for (int u = 0; u < U; ++u)
        if (at.begin + u * at.step < at.end) to[at.begin + u * at.step] = loaded[u];
    }
  }
}

// Two sources at a time, each into its own destination.
template <int U>
__device__ void copy_two(const Block& block, const Step& step, int source) {
  const StepHead& head = *step.head;
  Range a = words_of(block, head, step.sources[source].bytes, 16);
  Range b = words_of(block, head, step.sources[source + 1].bytes, 16);
  const auto* from_a = static_cast<const uint4*>(step.sources[source].address);
  const auto* from_b = static_cast<const uint4*>(step.sources[source + 1].address);
  auto* to_a = static_cast<uint4*>(step.destinations[source].address);
  auto* to_b = static_cast<uint4*>(step.destinations[source + 1].address);
  while (a.begin < a.end || b.begin < b.end) {
    uint4 of_a[U], of_b[U];
#pragma unroll
    for (int u = 0; u < U; ++u)
      if (a.begin + u * a.step < a.end) of_a[u] = from_a[a.begin + u * a.step];
#pragma unroll
    for (int u = 0; u < U; ++u)
      if (b.begin + u * b.step < b.end) of_b[u] = from_b[b.begin + u * b.step];
#pragma unroll
    for (int u = 0; u < U; ++u)
      if (a.begin + u * a.step < a.end) to_a[a.begin + u * a.step] = of_a[u];
#pragma unroll
    for (int u = 0; u < U; ++u)
      if (b.begin + u * b.step < b.end) to_b[b.begin + u * b.step] = of_b[u];
    a.begin += U * a.step;
    b.begin += U * b.step;
  }
}

__device__ inline void copy_tail(const Block& block, const Step& step, int source) {
  const StepHead& head = *step.head;
  const Operand& from = step.sources[source];
  const int first = head.broadcast ? 0 : source;
  const int last = head.broadcast ? head.destinations : source + 1;
  for_elements(block, head, from, from.bytes / 16 * 16, 1, [&](std::int64_t i) {
    for (int d = first; d < last; ++d)
      static_cast<char*>(step.destinations[d].address)[i] =
          static_cast<const char*>(from.address)[i];
  });
}

template <int U>
__device__ void copy_wide(const Block& block, const Step& step) {
  const StepHead& head = *step.head;
  int s = 0;
  if (!head.serial && !head.broadcast)
    for (; s + 1 < head.sources; s += 2) copy_two<U>(block, step, s);
  for (; s < head.sources; ++s) copy_words<uint4, U>(block, step, s);
  for (s = 0; s < head.sources; ++s)
    if (step.sources[s].bytes % 16 != 0) copy_tail(block, step, s);
}

// Elements of `Word`'s size, in the split of the bytes.
template <class Word>
__device__ void copy_narrow(const Block& block, const Step& step) {
  const StepHead& head = *step.head;
  for (int s = 0; s < head.sources; ++s) {
    if (!head.strided) {
      copy_words<Word, 4>(block, step, s);
      continue;
    }
    const int first = head.broadcast ? 0 : s;
    const int last = head.broadcast ? head.destinations : s + 1;
    for_elements(block, head, step.sources[s], 0, sizeof(Word), [&](std::int64_t i) {
      for (int d = first; d < last; ++d)
        static_cast<Word*>(step.destinations[d].address)[i] =
            static_cast<const Word*>(step.sources[s].address)[i];
    });
  }
}

template <int U>
__device__ void run_copy(const Block& block, const Step& step) {
  switch (step.head->word) {
    case 16: return copy_wide<U>(block, step);
    case 8: return copy_narrow<std::uint64_t>(block, step);
    case 4: return copy_narrow<std::uint32_t>(block, step);
    case 2: return copy_narrow<std::uint16_t>(block, step);
    default: return copy_narrow<std::uint8_t>(block, step);
  }
}

}  // namespace twinlink::realgpu
