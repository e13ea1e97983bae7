#pragma once
// Units of inline and plain operands in registers: reading what comes in, loading what is there,
// adding and storing both. U units of a thread at a time.
#include "realgpu/fused_flags.cuh"
#include "realgpu/fused_fold.cuh"
#include "realgpu/inline_formats.cuh"

namespace twinlink::realgpu {

// Reads U units of an inline source; false: patience was lost.
template <class Format, class T, int U>
__device__ bool receive(const Block& block, const Step& step, int source, const Units& at,
                        Vector<T> (&loaded)[U]) {
  const uint4* bank = bank_of(block, *step.head, step.sources[source]);
  const auto tag = static_cast<unsigned>(block.epoch);
  typename Format::Unit units[U];
  Patience patience;
  for (;;) {
    bool come = true;
    // All loads before the first look at a flag.
#pragma unroll
    for (int u = 0; u < U; ++u)
      if (at.begin + u * at.step < at.end) units[u] = Format::read(bank, at.begin + u * at.step);
#pragma unroll
    for (int u = 0; u < U; ++u)
      if (at.begin + u * at.step < at.end) come = Format::has_come(units[u], tag) && come;
    if (Format::everyone(come)) break;
    const bool lost = patience.lost(block, {step.head->op, -1, source, 0, 0}, tag, 0);
    if (!Format::everyone(!lost)) return false;
  }
#pragma unroll
  for (int u = 0; u < U; ++u) loaded[u].raw = Format::payload(units[u]);
  return true;
}

__device__ inline bool is_inline(const Step& step, int source) {
  return (step.head->ll_sources >> source & 1) != 0;
}

template <class Format, class T, int U>
__device__ void load_plain(const Step& step, int source, const Units& at, Vector<T> (&loaded)[U]) {
  const Operand& operand = step.sources[source];
#pragma unroll
  for (int u = 0; u < U; ++u) {
    const int unit = at.begin + u * at.step;
    const int v = Format::vector(unit, static_cast<int>(operand.bytes / 16));
    if (unit < at.end && v >= 0) loaded[u].raw = static_cast<const uint4*>(operand.address)[v];
  }
}

// Adds sources first and first + 1 (if below last): plain ones are on their way while inline ones
// are waited for.
template <class Format, class T, int U>
__device__ bool add_two(const Block& block, const Step& step, const Units& at, int first, int last,
                        Sum<T> (&sums)[U]) {
  Vector<T> loaded[2][U];
#pragma unroll
  for (int c = 0; c < 2; ++c)
    if (first + c < last && !is_inline(step, first + c))
      load_plain<Format, T, U>(step, first + c, at, loaded[c]);
#pragma unroll
  for (int c = 0; c < 2; ++c)
    if (first + c < last && is_inline(step, first + c) &&
        !receive<Format, T, U>(block, step, first + c, at, loaded[c]))
      return false;
#pragma unroll
  for (int c = 0; c < 2; ++c) {
    if (first + c >= last) break;
#pragma unroll
    for (int u = 0; u < U; ++u) {
      const int v =
          Format::vector(at.begin + u * at.step, static_cast<int>(step.sources[0].bytes / 16));
      if (step.head->factors == nullptr)
        add<T>(sums[u], loaded[c][u]);
      else if (v >= 0)
        add<T>(sums[u], loaded[c][u], factor_of_vector<T>(*step.head, first + c, v));
    }
  }
  return true;
}

template <class Format, class T, int U>
__device__ void store_units(const Block& block, const Step& step, int destination, const Units& at,
                            const Vector<T> (&values)[U]) {
  const Operand& operand = step.destinations[destination];
  const bool in_line = (step.head->ll_destinations >> destination & 1) != 0;
  uint4* bank = bank_of(block, *step.head, operand);
  const auto tag = static_cast<unsigned>(block.epoch);
#pragma unroll
  for (int u = 0; u < U; ++u) {
    const std::int64_t unit = at.begin + u * at.step;
    if (unit >= at.end) continue;
    const std::int64_t v = Format::vector(unit, operand.bytes / 16);
    if (in_line)
      Format::write(bank, unit, values[u].raw, tag);
    else if (v >= 0)
      static_cast<uint4*>(operand.address)[v] = values[u].raw;
  }
}

}  // namespace twinlink::realgpu
