#pragma once
// The kernel of fused mode, by element type of its folds, loads in flight (U) and most threads of a
// block. One source file per U, so that they compile side by side.
#include "realgpu/fused_compute.cuh"
#include "realgpu/fused_copy.cuh"
#include "realgpu/fused_flags.cuh"
#include "realgpu/fused_inline.cuh"
#include "realgpu/fused_kernels.h"
#include "realgpu/fused_scan.cuh"

namespace twinlink::realgpu {

// Starts the copy of a record into shared memory; arrived() ends it.
__device__ inline void fetch(const LaneHead& lane, int step, unsigned char* to) {
  const unsigned char* from = lane.program + std::int64_t{step} * lane.record_bytes;
  for (int at = static_cast<int>(threadIdx.x) * 16; at < lane.record_bytes;
       at += static_cast<int>(blockDim.x) * 16) {
    const auto shared = static_cast<unsigned>(__cvta_generic_to_shared(to + at));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared), "l"(from + at)
                 : "memory");
  }
}

// Also orders all that the block did before, and says whether all of its threads are `fine`.
__device__ inline bool arrived(bool fine) {
  asm volatile("cp.async.wait_all;" ::: "memory");
  return __syncthreads_and(fine) != 0;
}

// False: patience was lost. U == kMixedLoads: by the lane. U == 0: the variant for plans with
// inline data, small ones, which also serves their other ops, with one load in flight. The others
// have no inline data.
template <class T, int U>
__device__ __forceinline__ bool work(const Block& block, const Step& step) {
  if constexpr (U == kMixedLoads) {
    if (block.lane.loads >= 8) return work<T, 8>(block, step);
    if (block.lane.loads >= 4) return work<T, 4>(block, step);
    return block.lane.loads >= 2 ? work<T, 2>(block, step) : work<T, 1>(block, step);
  }
  constexpr bool kInline = U == 0;
  constexpr int kLoads = U > 0 ? U : 1;
  const bool in_line = kInline && step.head->format != InlineFormat::none;
  switch (step.head->kind) {
    case StepKind::nothing: return true;
    case StepKind::copy:
      if constexpr (kInline)
        if (in_line) return inline_copy(block, step);
      run_copy<kLoads>(block, step);
      return true;
    case StepKind::fold:
      if constexpr (kInline)
        if (in_line) return inline_fold<T>(block, step);
      run_fold<T, kLoads>(block, step);
      return true;
    case StepKind::scan: run_scan<T, kLoads>(block, step); return true;
    case StepKind::work: run_work(block, step); return true;
  }
  return false;
}

__device__ inline Stamp* stamp_of(const Block& block, const Step& step) {
  if (block.stamps == nullptr || step.head->op < 0) return nullptr;
  return block.stamps + step.head->op;
}

// A step without data (a barrier) starts when its block comes and ends when it goes on. False:
// patience was lost, perhaps by other threads only if the step has inline data. Such a step goes on
// to its end: the run has failed anyway.
template <class T, int U>
__device__ __forceinline__ bool run_step(const Block& block, const Step& step) {
  const StepHead& head = *step.head;
  if (!await_all(block, step, 0, head.waits_before)) return false;
  Stamp* stamp = stamp_of(block, step);
  stamp_start(stamp);
  const bool done = work<T, U>(block, step);
  if (head.kind != StepKind::nothing) stamp_end(stamp);
  publish(block, step);
  if (!await_all(block, step, head.waits_before, head.waits_after)) return false;
  if (head.kind == StepKind::nothing) stamp_end(stamp);
  return done;
}

// Small inline plans take few microseconds; reading a record field by field, each read waiting for
// the one before, was half a microsecond a step: there (kKeep) all threads keep it in registers.
template <class T, int U, bool kKeep>
__device__ __forceinline__ bool run_record(const Block& block, const unsigned char* record) {
  if constexpr (kKeep) {
    const StepHead head = *reinterpret_cast<const StepHead*>(record);
    const Block mine = block;
    return run_step<T, U>(mine, Step(record, &head));
  } else {
    return run_step<T, U>(block, Step(record));
  }
}

__device__ inline const LaneHead& lane_of_block(const FusedArgs& args) {
  const LaneHead* lanes = args.lane_count <= kParameterLanes ? args.few : args.many;
  int i = 0;
  while (i + 1 < args.lane_count && static_cast<int>(blockIdx.x) >= lanes[i + 1].first_block) ++i;
  return lanes[i];
}

template <class T, int U, int kThreads>
__global__ void __launch_bounds__(kThreads, 1)
    fused_kernel(const __grid_constant__ FusedArgs args) {
  __shared__ alignas(16) unsigned char records[2][kMaxRecordBytes];
  __shared__ Block block;
  const LaneHead lane = lane_of_block(args);
  fetch(lane, 0, records[0]);
  if (lane.steps > 1) fetch(lane, 1, records[1]);
  const unsigned long long failed = args.failure->claimed;
  if (threadIdx.x == 0) {
    // The number of this launch. Taken before the next one may be put on the GPU, so in order.
    const unsigned long long launch = atomicAdd(args.epochs + blockIdx.x, 1ULL) + 1;
    block = {lane,
             static_cast<int>(blockIdx.x) - lane.first_block,
             launch,
             args.index,
             args.stride,
             args.patience_ns,
             args.delay_seed,
             args.failure,
             args.stamps};
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
  }
  // What follows may use what the launch before wrote; what stands above may run beside its end.
  asm volatile("griddepcontrol.wait;" ::: "memory");
  bool fine = failed == 0;  // else an earlier launch failed: this one ends at once
  for (int s = 0; s < lane.steps; ++s) {
    fine = arrived(fine);
    if (!fine) break;
    if (s > 0 && s + 1 < lane.steps) fetch(lane, s + 1, records[(s + 1) & 1]);
    fine = run_record < T, U, U == 0 && kThreads <= 256 > (block, records[s & 1]);
  }
  if (!fine && threadIdx.x == 0) release_copy_lanes(lane, std::uint64_t{args.index} * args.stride);
}

template <int U, int kThreads>
FusedKernel fused_kernel_for(Scalar scalar) {
  switch (scalar) {
    case Scalar::fp32: return fused_kernel<float, U, kThreads>;
    case Scalar::fp64: return fused_kernel<double, U, kThreads>;
    case Scalar::bf16: return fused_kernel<__nv_bfloat16, U, kThreads>;
    case Scalar::fp16: return fused_kernel<__half, U, kThreads>;
    case Scalar::u32: return fused_kernel<std::uint32_t, U, kThreads>;
  }
  return nullptr;
}

}  // namespace twinlink::realgpu
