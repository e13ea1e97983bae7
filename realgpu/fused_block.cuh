#pragma once
// One block of a fused launch: which lane it belongs to, its records, and the loads, stores and
// fences of which flags are made (fused_flags.cuh).
#include "realgpu/device_code.cuh"
#include "realgpu/fused_device.h"

namespace twinlink::realgpu {

// In shared memory.
struct Block {
  LaneHead lane;
  int number;                // within the lane
  unsigned long long epoch;  // of this launch, from 1
  unsigned long long index;  // of this launch within its issue, from 1
  unsigned long long stride, patience_ns, delay_seed;
  Failure* failure;
  Stamp* stamps;
};

// The record of one step in shared memory, taken apart.
struct Step {
  const StepHead* head;
  const Operand* sources;
  const Operand* destinations;
  const FlagWait* waits;
  unsigned long long* const* publications;
  unsigned long long* const* signals;  // of which the first one is the counter
  __device__ explicit Step(const unsigned char* record)
      : Step(record, reinterpret_cast<const StepHead*>(record)) {}
  // With a copy of the head.
  __device__ Step(const unsigned char* record, const StepHead* of)
      : head(of),
        sources(reinterpret_cast<const Operand*>(record + sizeof(StepHead))),
        destinations(sources + head->sources),
        waits(reinterpret_cast<const FlagWait*>(destinations + head->destinations)),
        publications(reinterpret_cast<unsigned long long* const*>(waits + head->waits_before +
                                                                  head->waits_after)),
        signals(publications + head->publications) {}
};

__device__ inline unsigned long long read_acquire(const unsigned long long* flag) {
  unsigned long long value;
  asm volatile("ld.acquire.sys.global.u64 %0, [%1];" : "=l"(value) : "l"(flag) : "memory");
  return value;
}

__device__ inline unsigned long long read_relaxed(const unsigned long long* flag) {
  unsigned long long value;
  asm volatile("ld.relaxed.sys.global.u64 %0, [%1];" : "=l"(value) : "l"(flag) : "memory");
  return value;
}

__device__ inline void write_relaxed(unsigned long long* flag, unsigned long long value) {
  asm volatile("st.relaxed.sys.global.u64 [%0], %1;" ::"l"(flag), "l"(value) : "memory");
}

// Of a word that several blocks may raise, each to what it saw last.
__device__ inline void raise(unsigned long long* word, unsigned long long value) {
  asm volatile("red.relaxed.sys.global.max.u64 [%0], %1;" ::"l"(word), "l"(value) : "memory");
}

__device__ inline void fence(Reach reach) {
  if (reach == Reach::system) asm volatile("fence.acq_rel.sys;" ::: "memory");
  if (reach == Reach::gpu) asm volatile("fence.acq_rel.gpu;" ::: "memory");
}

// Up to 16 us, different for every block, step and launch: splitmix64 of all that.
__device__ inline void delay(const Block& block, std::uint32_t step) {
  if (block.delay_seed == 0) return;
  unsigned long long z = block.delay_seed + block.epoch * 0x9E3779B97F4A7C15ULL +
                         (std::uint64_t{blockIdx.x} << 32) + step;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  if ((z & 3) == 0) __nanosleep(static_cast<unsigned>(z >> 50));
}

}  // namespace twinlink::realgpu
