#pragma once
// scan_reduce in a fused launch: the k + 1 prefixes of k ordered sources (the first is empty, each
// next one is the one before times the source's factor, plus the source); the last d of them go to
// the d destinations, in order. Split and accesses as in fused_fold.cuh.
#include "realgpu/fused_fold.cuh"

namespace twinlink::realgpu {

// Prefix number `prefix` of one batch, if a destination wants it.
template <class T, int U>
__device__ void store_prefix(const Step& step, int prefix, const Sum<T> (&sums)[U],
                             const Range& at) {
  const int destination = prefix - (step.head->sources + 1 - step.head->destinations);
  if (destination < 0) return;
  auto* to = static_cast<uint4*>(step.destinations[destination].address);
#pragma unroll
  for (int u = 0; u < U; ++u)
    if (at.begin + u * at.step < at.end) to[at.begin + u * at.step] = rounded<T>(sums[u]).raw;
}

template <class T>
__device__ void scale(Sum<T>& sum, ArithmeticOf<T> factor) {
#pragma unroll
  for (int i = 0; i < kPerVector<T>; ++i) sum.values[i] = factor * sum.values[i];
}

template <class T, int U>
__device__ void scan_vectors(const Block& block, const Step& step) {
  const StepHead& head = *step.head;
  Range at = words_of(block, head, step.destinations[0].bytes, 16);
  for (; at.begin < at.end; at.begin += U * at.step) {
    Sum<T> sums[U] = {};
    for (int s = 0; s < head.sources; ++s) {
      const auto* source = static_cast<const uint4*>(step.sources[s].address);
      Vector<T> loaded[U];
#pragma unroll
      for (int u = 0; u < U; ++u)
        if (at.begin + u * at.step < at.end) loaded[u].raw = source[at.begin + u * at.step];
      store_prefix<T, U>(step, s, sums, at);
#pragma unroll
      for (int u = 0; u < U; ++u) {
        if (head.factors != nullptr && at.begin + u * at.step < at.end)
          scale<T>(sums[u], factor_of_vector<T>(head, s, at.begin + u * at.step));
        add<T>(sums[u], loaded[u]);
      }
    }
    store_prefix<T, U>(step, head.sources, sums, at);
  }
}

template <class T>
__device__ void scan_elements(const Block& block, const Step& step, std::int64_t from) {
  const StepHead& head = *step.head;
  const int skipped = head.sources + 1 - head.destinations;
  for_elements(block, head, step.destinations[0], from, sizeof(T), [&](std::int64_t e) {
    ArithmeticOf<T> prefix = 0;
    for (int s = 0; s <= head.sources; ++s) {
      if (s >= skipped)
        static_cast<T*>(step.destinations[s - skipped].address)[e] = narrow<T>(prefix);
      if (s == head.sources) break;
      if (head.factors != nullptr) prefix = factor_of_element<T>(head, s, e) * prefix;
      prefix += widen<T>(static_cast<const T*>(step.sources[s].address)[e]);
    }
  });
}

template <class T, int U>
__device__ void run_scan(const Block& block, const Step& step) {
  const bool wide = step.head->word == 16;
  const std::int64_t bytes = step.destinations[0].bytes;
  if (wide) scan_vectors<T, U>(block, step);
  if (!wide || bytes % 16 != 0) scan_elements<T>(block, step, wide ? bytes / 16 * 16 : 0);
}

}  // namespace twinlink::realgpu
