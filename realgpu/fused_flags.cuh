#pragma once
// How a block of a fused launch waits for flags and signals, with a watchdog, and raises them.
#include "realgpu/fused_block.cuh"

namespace twinlink::realgpu {

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
