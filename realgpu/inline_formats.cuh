#pragma once
// The wire formats of inline data (fused_device.h) as code: LlFormat and Ll128Format.
//
// A unit is a vector of 16 payload bytes (LL: two 16-byte words) or a slot (LL128: a vector or the
// line's epoch). Slices are aligned to 16 and have a multiple of 16 bytes.
#include "realgpu/fused_block.cuh"

namespace twinlink::realgpu {

__device__ inline uint4 read_word(const uint4* word) {
  uint4 v;
  asm volatile("ld.volatile.global.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(word)
               : "memory");
  return v;
}

__device__ inline void write_word(uint4* word, const uint4& v) {
  asm volatile("st.volatile.global.v4.u32 [%0], {%1,%2,%3,%4};" ::"l"(word), "r"(v.x), "r"(v.y),
               "r"(v.z), "r"(v.w)
               : "memory");
}

// Units of one thread: begin, begin + step, ... below end. 32 bits keep registers free; inline data
// have far less than 2^31 units.
struct Units {
  int begin, end, step;
};

// --- LL ---

struct LlFormat {
  static constexpr int kTogether = 2;  // units in flight per thread and source
  static __device__ Units units(const Block& block, const StepHead& head, std::int64_t bytes) {
    const int threads = block.lane.threads;
    const auto thread = static_cast<int>(threadIdx.x);
    const auto vectors = static_cast<int>(bytes / 16);
    if (thread >= threads) return {0, 0, 1};
    if (head.strided) return {block.number * threads + thread, vectors, block.lane.ctas * threads};
    // The split of words_of in vectors; a 64-bit division takes long where all takes 4 us.
    const auto ctas = static_cast<unsigned>(block.lane.ctas);
    const auto all = static_cast<unsigned>(bytes);
    const unsigned share = ctas == 1 ? all : (all + ctas - 1) / ctas;
    const int each = static_cast<int>((share + 127) / 128) * 8;
    const int first = each * block.number;
    return {first + thread, first + each < vectors ? first + each : vectors, threads};
  }
  // The vector of a unit, or -1.
  static __device__ int vector(int unit, int) { return unit; }
  struct Unit {
    uint4 low, high;
  };
  static __device__ Unit read(const uint4* bank, int unit) {
    return {read_word(bank + 2 * unit), read_word(bank + 2 * unit + 1)};
  }
  static __device__ bool has_come(const Unit& unit, unsigned tag) {
    return unit.low.y == tag && unit.low.w == tag && unit.high.y == tag && unit.high.w == tag;
  }
  static __device__ uint4 payload(const Unit& unit) {
    return make_uint4(unit.low.x, unit.low.z, unit.high.x, unit.high.z);
  }
  static __device__ bool everyone(bool mine) { return mine; }
  static __device__ void write(uint4* bank, int unit, const uint4& v, unsigned tag) {
    write_word(bank + 2 * unit, make_uint4(v.x, tag, v.y, tag));
    write_word(bank + 2 * unit + 1, make_uint4(v.z, tag, v.w, tag));
  }
};

// --- LL128: whole warps go through the same units, 32 neighbouring slots at a time ---

struct Ll128Format {
  static constexpr int kTogether = 2;
  static __device__ Units units(const Block& block, const StepHead& head, std::int64_t bytes) {
    const auto slots = static_cast<int>(ll128_slots(bytes));
    const int threads = block.lane.threads;
    const auto thread = static_cast<int>(threadIdx.x);
    if (thread >= threads) return {0, 0, 1};
    if (head.strided) return {block.number * threads + thread, slots, block.lane.ctas * threads};
    const int each = ((slots + block.lane.ctas - 1) / block.lane.ctas + 31) / 32 * 32;
    const int first = each * block.number;
    return {first + thread, first + each < slots ? first + each : slots, threads};
  }
  static __device__ int vector(int unit, int vectors) {
    const int v = unit / 8 * 7 + unit % 8;
    return unit % 8 < 7 && v < vectors ? v : -1;
  }
  using Unit = uint4;
  static __device__ Unit read(const uint4* bank, int unit) { return read_word(bank + unit); }
  static __device__ bool has_come(const Unit& unit, unsigned tag) {
    return __shfl_sync(~0U, unit.x, static_cast<int>(threadIdx.x % 32) | 7) == tag;
  }
  static __device__ uint4 payload(const Unit& unit) { return unit; }
  static __device__ bool everyone(bool mine) { return __all_sync(~0U, mine) != 0; }
  static __device__ void write(uint4* bank, int unit, const uint4& v, unsigned tag) {
    write_word(bank + unit, unit % 8 == 7 ? make_uint4(tag, tag, tag, tag) : v);
  }
};

// Bank of this launch: the second one lies behind the first.
__device__ inline uint4* bank_of(const Block& block, const StepHead& head, const Operand& operand) {
  const std::int64_t bank = (block.epoch & 1) != 0 ? inline_bytes(head.format, operand.bytes) : 0;
  return reinterpret_cast<uint4*>(static_cast<char*>(operand.address) + bank);
}

}  // namespace twinlink::realgpu
