#pragma once
// Ordered folds of a fused launch, for one block of a lane; widths and loads as in fused_copy.cuh.
#include "realgpu/element_code.cuh"
#include "realgpu/fused_split.cuh"

namespace twinlink::realgpu {

// Of vectors, which never span two heads: then heads have equally many elements.
template <class T>
__device__ ArithmeticOf<T> factor_of_vector(const StepHead& head, int source, std::int64_t vector) {
  const auto* factors = static_cast<const ArithmeticOf<T>*>(head.factors);
  if (head.heads == 1) return factors[source];
  const auto element = static_cast<unsigned>(head.first_element + vector * kPerVector<T>);
  return factors[source * head.heads + static_cast<int>(element / head.elements_per_head)];
}

template <class T>
__device__ ArithmeticOf<T> factor_of_element(const StepHead& head, int source,
                                             std::int64_t element) {
  const std::int64_t of = (head.first_element + element) * head.heads / head.state_elements;
  return static_cast<const ArithmeticOf<T>*>(head.factors)[source * head.heads + of];
}

// Adds sources first .. last - 1 (at most two), all loads before the first use.
template <class T, int U>
__device__ void add_sources(const Step& step, Sum<T> (&sums)[U], const Range& at, int first,
                            int last) {
  Vector<T> loaded[2][U];
#pragma unroll
  for (int c = 0; c < 2; ++c) {
    if (first + c >= last) break;
    const auto* source = static_cast<const uint4*>(step.sources[first + c].address);
#pragma unroll
    for (int u = 0; u < U; ++u)
      if (at.begin + u * at.step < at.end) loaded[c][u].raw = source[at.begin + u * at.step];
  }
#pragma unroll
  for (int c = 0; c < 2; ++c) {
    if (first + c >= last) break;
    if (step.head->factors == nullptr) {
#pragma unroll
      for (int u = 0; u < U; ++u) add<T>(sums[u], loaded[c][u]);
    } else {
#pragma unroll
      for (int u = 0; u < U; ++u)
        if (at.begin + u * at.step < at.end)  // beyond it there is no head either
          add<T>(sums[u], loaded[c][u],
                 factor_of_vector<T>(*step.head, first + c, at.begin + u * at.step));
    }
  }
}

template <class T, int U>
__device__ void fold_vectors(const Block& block, const Step& step) {
  const StepHead& head = *step.head;
  const int together = head.serial ? 1 : 2;
  Range at = words_of(block, head, step.destinations[0].bytes, 16);
  for (; at.begin < at.end; at.begin += U * at.step) {
    Sum<T> sums[U] = {};
    for (int s = 0; s < head.sources; s += together) {
      const int last = s + together < head.sources ? s + together : head.sources;
      add_sources<T, U>(step, sums, at, s, last);
    }
    for (int d = 0; d < head.destinations; ++d) {
      auto* to = static_cast<uint4*>(step.destinations[d].address);
#pragma unroll
      for (int u = 0; u < U; ++u)
        if (at.begin + u * at.step < at.end) to[at.begin + u * at.step] = rounded<T>(sums[u]).raw;
    }
  }
}

template <class T>
__device__ void fold_elements(const Block& block, const Step& step, std::int64_t from) {
  const StepHead& head = *step.head;
  for_elements(block, head, step.destinations[0], from, sizeof(T), [&](std::int64_t e) {
    ArithmeticOf<T> sum = 0;
    for (int s = 0; s < head.sources; ++s) {
      ArithmeticOf<T> value = widen<T>(static_cast<const T*>(step.sources[s].address)[e]);
      if (head.factors != nullptr) value = factor_of_element<T>(head, s, e) * value;
      sum += value;
    }
    for (int d = 0; d < head.destinations; ++d)
      static_cast<T*>(step.destinations[d].address)[e] = narrow<T>(sum);
  });
}

template <class T, int U>
__device__ void run_fold(const Block& block, const Step& step) {
  const bool wide = step.head->word == 16;
  const std::int64_t bytes = step.destinations[0].bytes;
  if (wide) fold_vectors<T, U>(block, step);
  if (!wide || bytes % 16 != 0) fold_elements<T>(block, step, wide ? bytes / 16 * 16 : 0);
}

}  // namespace twinlink::realgpu
