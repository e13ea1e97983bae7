#pragma once
// Folds and copies with operands in LL format (fused_device.h): the receiver reads a unit of 16
// payload bytes as two 16-byte words until both carry this launch's epoch; no flag, no fence.
//
// A copy is a fold of one u32 source. An inline source is spun on after the loads of the others
// were issued. Slices in LL format are aligned to 16 and have a multiple of 16 bytes.
#include "realgpu/fused_work.cuh"

namespace twinlink::realgpu {

struct LlUnit {
  uint4 low, high;
};

__device__ inline uint4 read_ll_word(const uint4* word) {
  uint4 v;
  asm volatile("ld.volatile.global.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(word)
               : "memory");
  return v;
}

__device__ inline void write_ll_word(uint4* word, unsigned a, unsigned b, unsigned tag) {
  asm volatile("st.volatile.global.v4.u32 [%0], {%1,%2,%3,%4};" ::"l"(word), "r"(a), "r"(tag),
               "r"(b), "r"(tag)
               : "memory");
}

__device__ inline bool has_tag(const LlUnit& unit, unsigned tag) {
  return unit.low.y == tag && unit.low.w == tag && unit.high.y == tag && unit.high.w == tag;
}

// Bank of this launch: the second one lies behind the first.
__device__ inline uint4* ll_bank(const Block& block, const Operand& operand) {
  const std::int64_t bank = (block.epoch & 1) != 0 ? operand.bytes * kLlBytesPerPayload : 0;
  return reinterpret_cast<uint4*>(static_cast<char*>(operand.address) + bank);
}

__device__ inline LlUnit read_ll(const uint4* bank, std::int64_t i) {
  return {read_ll_word(bank + 2 * i), read_ll_word(bank + 2 * i + 1)};
}

// Loads U units of a source; false: patience was lost.
template <class T, int U>
__device__ bool load_units(const Block& block, const Step& step, int source, const Range& at,
                           Vector<T> (&loaded)[U]) {
  const Operand& operand = step.sources[source];
  if ((step.head->ll_sources >> source & 1) == 0) {
#pragma unroll
    for (int u = 0; u < U; ++u)
      if (at.begin + u * at.step < at.end)
        loaded[u].raw = static_cast<const uint4*>(operand.address)[at.begin + u * at.step];
    return true;
  }
  const uint4* bank = ll_bank(block, operand);
  const auto tag = static_cast<unsigned>(block.epoch);
  LlUnit units[U];
#pragma unroll
  for (int u = 0; u < U; ++u)
    if (at.begin + u * at.step < at.end) units[u] = read_ll(bank, at.begin + u * at.step);
  Patience patience;
#pragma unroll
  for (int u = 0; u < U; ++u) {
    if (at.begin + u * at.step >= at.end) continue;
    while (!has_tag(units[u], tag)) {
      if (patience.lost(block, {step.head->op, -1, source, 0, 0}, tag, units[u].low.y))
        return false;
      units[u] = read_ll(bank, at.begin + u * at.step);
    }
    loaded[u].raw = make_uint4(units[u].low.x, units[u].low.z, units[u].high.x, units[u].high.z);
  }
  return true;
}

template <class T, int U>
__device__ void store_units(const Block& block, const Step& step, int destination,
                            const Range& at, const Vector<T> (&values)[U]) {
  const Operand& operand = step.destinations[destination];
  const bool in_line = (step.head->ll_destinations >> destination & 1) != 0;
  uint4* to = in_line ? ll_bank(block, operand) : static_cast<uint4*>(operand.address);
  const auto tag = static_cast<unsigned>(block.epoch);
#pragma unroll
  for (int u = 0; u < U; ++u) {
    const std::int64_t i = at.begin + u * at.step;
    if (i >= at.end) continue;
    const uint4 raw = values[u].raw;
    if (!in_line) {
      to[i] = raw;
      continue;
    }
    write_ll_word(to + 2 * i, raw.x, raw.y, tag);
    write_ll_word(to + 2 * i + 1, raw.z, raw.w, tag);
  }
}

// Which operands one pass of an op uses.
struct Part {
  int first_source, last_source, first_destination, last_destination;
};

template <class T, int U>
__device__ bool inline_part(const Block& block, const Step& step, const Part& part) {
  const StepHead& head = *step.head;
  Range at = words_of(block, head, step.destinations[part.first_destination].bytes, 16);
  for (; at.begin < at.end; at.begin += U * at.step) {
    Sum<T> sums[U] = {};
    for (int s = part.first_source; s < part.last_source; ++s) {
      Vector<T> loaded[U];
      if (!load_units<T, U>(block, step, s, at, loaded)) return false;
#pragma unroll
      for (int u = 0; u < U; ++u) {
        if (head.factors == nullptr)
          add<T>(sums[u], loaded[u]);
        else
          add<T>(sums[u], loaded[u], factor_of_vector<T>(head, s, at.begin + u * at.step));
      }
    }
    Vector<T> values[U];
#pragma unroll
    for (int u = 0; u < U; ++u) values[u] = rounded<T>(sums[u]);
    for (int d = part.first_destination; d < part.last_destination; ++d)
      store_units<T, U>(block, step, d, at, values);
  }
  return true;
}

// False: patience was lost.
__device__ inline bool inline_copy(const Block& block, const Step& step) {
  const StepHead& head = *step.head;
  if (head.broadcast)
    return inline_part<std::uint32_t, 2>(block, step, {0, 1, 0, head.destinations});
  bool fine = true;
  for (int s = 0; s < head.sources; ++s)
    fine = inline_part<std::uint32_t, 2>(block, step, {s, s + 1, s, s + 1}) && fine;
  return fine;
}

template <class T>
__device__ bool inline_fold(const Block& block, const Step& step) {
  return inline_part<T, 2>(block, step, {0, step.head->sources, 0, step.head->destinations});
}

}  // namespace twinlink::realgpu
