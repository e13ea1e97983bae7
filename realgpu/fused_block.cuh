#pragma once
// One block of a fused launch: which lane it belongs to, how it waits for flags and raises them.
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

// What a thread waits for, for the message when it gives up.
struct Awaited {
  std::int32_t op, lane, block;
  std::uint32_t position, back;
};

// Watches the time of a spinning thread; looks at it every 1024 polls only.
class Patience {
 public:
  __device__ bool lost(const Block& block, const Awaited& awaited, unsigned long long target,
                       unsigned long long seen) {
    if ((++polls_ & 1023) != 0) return false;
    const unsigned long long now = global_timer();
    if (begin_ == 0) begin_ = now;
    Failure* failure = block.failure;
    if (*static_cast<volatile unsigned long long*>(&failure->claimed) != 0) return true;
    if (now - begin_ < block.patience_ns) return false;
    if (atomicCAS(&failure->claimed, 0ULL, 1ULL) == 0) {
      failure->op = awaited.op;
      failure->lane = block.lane.lane;
      failure->block = block.number;
      failure->awaited_lane = awaited.lane;
      failure->awaited_block = awaited.block;
      failure->awaited_position = awaited.position;
      failure->back = awaited.back;
      failure->target = target;
      failure->seen = seen;
    }
    return true;
  }

 private:
  unsigned polls_ = 0;
  unsigned long long begin_ = 0;
};

__device__ inline bool await(const Block& block, const Step& step, const FlagWait& wait, int of) {
  const unsigned long long launch = wait.signal ? block.index : block.epoch;
  if (launch <= wait.back) return true;  // before the first launch
  const unsigned long long target = (launch - wait.back) * block.stride + wait.position + 1;
  const unsigned long long* flag = wait.flags + of;
  Patience patience;
  for (;;) {
    const unsigned long long seen = wait.relaxed ? read_relaxed(flag) : read_acquire(flag);
    if (seen >= target) return true;
    if (patience.lost(block, {step.head->op, wait.lane, of, wait.position, wait.back}, target,
                      seen))
      return false;
  }
}

// All threads call it; false: somebody lost patience. Ends with a block barrier, behind which all
// threads may read what was awaited.
__device__ inline bool await_all(const Block& block, const Step& step, int first, int count) {
  if (count == 0) return true;
  bool fine = true;
  const int threads = static_cast<int>(blockDim.x);
  const int thread = static_cast<int>(threadIdx.x);
  if (step.head->one_each) {
    for (int w = thread; w < count; w += threads) {
      const FlagWait& wait = step.waits[first + w];
      fine = fine && await(block, step, wait, wait.blocks == 0 ? block.number : 0);
    }
  } else {
    for (int w = 0; w < count; ++w)
      for (int b = thread; b < step.waits[first + w].blocks; b += threads)
        fine = fine && await(block, step, step.waits[first + w], b);
  }
  if (thread == 0) delay(block, 2 * step.head->position);
  return __syncthreads_and(fine) != 0;
}

// The last block of the lane to come raises the signals. By one thread, whose fence stands before.
__device__ inline void raise_signals(const Block& block, const Step& step) {
  const unsigned long long before = atomicAdd(step.signals[0], 1ULL);
  const auto ctas = static_cast<unsigned long long>(block.lane.ctas);
  if ((before + 1) % ctas != 0) return;
  fence(Reach::system);
  const unsigned long long value = block.index * block.stride + step.head->position + 1;
  for (int i = 0; i < step.head->signals; ++i) raise(step.signals[1 + i], value);
}

// For a launch that gives up: copy lanes that wait for it go on. By one thread.
__device__ inline void release_copy_lanes(const LaneHead& lane, unsigned long long launch) {
  for (int s = 0; s < lane.steps; ++s) {
    const Step step(lane.program + std::int64_t{s} * lane.record_bytes);
    for (int i = 0; i < step.head->signals; ++i)
      raise(step.signals[1 + i], launch + step.head->position + 1);
  }
}

// All threads' stores so far become visible together with the flags.
__device__ inline void publish(const Block& block, const Step& step) {
  const int signals = step.head->signals;
  const int count = step.head->publications > 0 ? step.head->publications : signals > 0;
  if (count == 0) return;
  __syncthreads();
  const int thread = static_cast<int>(threadIdx.x);
  if (thread >= count) return;
  delay(block, 2 * step.head->position + 1);
  fence(step.head->reach);
  const unsigned long long value = block.epoch * block.stride + step.head->position + 1;
  for (int i = thread; i < step.head->publications; i += static_cast<int>(blockDim.x))
    write_relaxed(step.publications[i] + block.number, value);
  if (signals > 0 && thread == 0) raise_signals(block, step);
}

}  // namespace twinlink::realgpu
