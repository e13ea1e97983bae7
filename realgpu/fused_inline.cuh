#pragma once
// Folds and copies with inline operands: the receiver reads units of payload until all carry this
// launch's epoch; no flag, no fence. A copy is a fold of one u32 source. Inline sources are spun on
// after the loads of plain ones were issued.
#include "realgpu/inline_units.cuh"

namespace twinlink::realgpu {

// Which operands one pass of an op uses.
struct Part {
  int first_source, last_source, first_destination, last_destination;
};

template <class Format, class T, int U>
__device__ bool inline_part(const Block& block, const Step& step, const Part& part) {
  Units at = Format::units(block, *step.head, step.destinations[part.first_destination].bytes);
  for (; at.begin < at.end; at.begin += U * at.step) {
    Sum<T> sums[U] = {};
    for (int s = part.first_source; s < part.last_source; s += 2)
      if (!add_two<Format, T, U>(block, step, at, s, part.last_source, sums)) return false;
    Vector<T> values[U];
#pragma unroll
    for (int u = 0; u < U; ++u) values[u] = rounded<T>(sums[u]);
    for (int d = part.first_destination; d < part.last_destination; ++d)
      store_units<Format, T, U>(block, step, d, at, values);
  }
  return true;
}

// One plain source and one inline source of as many bytes, each into its own destination, in one
// pass: what came in is awaited when the other is on its way.
template <class Format, int U>
__device__ bool copy_pair(const Block& block, const Step& step, int plain) {
  const int other = 1 - plain;
  Units at = Format::units(block, *step.head, step.destinations[0].bytes);
  for (; at.begin < at.end; at.begin += U * at.step) {
    Vector<std::uint32_t> loaded[U];
    load_plain<Format, std::uint32_t, U>(step, plain, at, loaded);
    store_units<Format, std::uint32_t, U>(block, step, plain, at, loaded);
    if (!receive<Format, std::uint32_t, U>(block, step, other, at, loaded)) return false;
    store_units<Format, std::uint32_t, U>(block, step, other, at, loaded);
  }
  return true;
}

// A pair, one of them inline, of as many bytes: the commonest step of two ranks.
__device__ inline bool is_pair(const Step& step) {
  return step.head->sources == 2 && is_inline(step, 0) != is_inline(step, 1) &&
         step.sources[0].bytes == step.sources[1].bytes;
}

// This thread has at most one unit (whole warps, for lines): for such sizes the latency of every
// instruction counts, and the loops over several units and sources are left out.
__device__ inline bool has_one_each(const Units& at) { return at.begin + at.step >= at.end; }

template <class Format, int U>
__device__ void copy_to_all(const Block& block, const Step& step, Units at) {
  for (; at.begin < at.end; at.begin += U * at.step) {
    Vector<std::uint32_t> loaded[U];
    load_plain<Format, std::uint32_t, U>(step, 0, at, loaded);
    for (int d = 0; d < step.head->destinations; ++d)
      store_units<Format, std::uint32_t, U>(block, step, d, at, loaded);
  }
}

template <class Format>
__device__ bool inline_copy(const Block& block, const Step& step) {
  const StepHead& head = *step.head;
  const Units at = Format::units(block, head, step.destinations[0].bytes);
  const bool one_each = has_one_each(at);
  if (is_pair(step)) {
    const int plain = is_inline(step, 0) ? 1 : 0;
    return one_each ? copy_pair<Format, 1>(block, step, plain)
                    : copy_pair<Format, Format::kTogether>(block, step, plain);
  }
  const bool to_all = head.sources == 1 && !is_inline(step, 0);
  if (to_all && one_each) {
    copy_to_all<Format, 1>(block, step, at);
    return true;
  }
  if (to_all) {
    copy_to_all<Format, Format::kTogether>(block, step, at);
    return true;
  }
  if (head.broadcast)
    return inline_part<Format, std::uint32_t, Format::kTogether>(block, step,
                                                                 {0, 1, 0, head.destinations});
  // Plain sources first: while they are copied, inline ones are on their way.
  bool fine = true;
  for (const bool in_line : {false, true})
    for (int s = 0; s < head.sources; ++s)
      if (is_inline(step, s) == in_line)
        fine = inline_part<Format, std::uint32_t, Format::kTogether>(block, step,
                                                                     {s, s + 1, s, s + 1}) &&
               fine;
  return fine;
}

// The sum of a pair, in the order of the sources, for one unit a thread.
template <class Format, class T>
__device__ bool fold_pair(const Block& block, const Step& step, const Units& at) {
  if (at.begin >= at.end) return true;
  const int plain = is_inline(step, 0) ? 1 : 0;
  Vector<T> own[1], other[1];
  load_plain<Format, T, 1>(step, plain, at, own);
  if (!receive<Format, T, 1>(block, step, 1 - plain, at, other)) return false;
  Sum<T> sum = {};
  add<T>(sum, plain == 0 ? own[0] : other[0]);
  add<T>(sum, plain == 0 ? other[0] : own[0]);
  const Vector<T> values[1] = {rounded<T>(sum)};
  for (int d = 0; d < step.head->destinations; ++d)
    store_units<Format, T, 1>(block, step, d, at, values);
  return true;
}

template <class Format, class T>
__device__ bool inline_fold(const Block& block, const Step& step) {
  if (is_pair(step) && step.head->factors == nullptr) {
    const Units at = Format::units(block, *step.head, step.destinations[0].bytes);
    if (has_one_each(at)) return fold_pair<Format, T>(block, step, at);
  }
  const Part all{0, step.head->sources, 0, step.head->destinations};
  return inline_part<Format, T, Format::kTogether>(block, step, all);
}

// Both: false: patience was lost.
__device__ inline bool inline_copy(const Block& block, const Step& step) {
  if (step.head->format == InlineFormat::ll) return inline_copy<LlFormat>(block, step);
  return inline_copy<Ll128Format>(block, step);
}

template <class T>
__device__ bool inline_fold(const Block& block, const Step& step) {
  if (step.head->format == InlineFormat::ll) return inline_fold<LlFormat, T>(block, step);
  return inline_fold<Ll128Format, T>(block, step);
}

}  // namespace twinlink::realgpu
