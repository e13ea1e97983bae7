#pragma once
// The kernel of fused mode, by loads in flight (U) and most threads of a block. One source file
// per U, so that they compile side by side.
#include "realgpu/fused_inline.cuh"

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

// Also orders all that the block did before.
__device__ inline void arrived() {
  asm volatile("cp.async.wait_all;" ::: "memory");
  __syncthreads();
}

template <class T, int U>
__device__ bool fold_typed(const Block& block, const Step& step) {
  if (step.head->inline_data) return inline_fold<T>(block, step);
  run_fold<T, U>(block, step);
  return true;
}

template <int U>
__device__ bool fold(const Block& block, const Step& step) {
  switch (step.head->scalar) {
    case Scalar::fp32: return fold_typed<float, U>(block, step);
    case Scalar::fp64: return fold_typed<double, (U > 4 ? 4 : U)>(block, step);
    case Scalar::bf16: return fold_typed<__nv_bfloat16, U>(block, step);
    case Scalar::fp16: return fold_typed<__half, U>(block, step);
    case Scalar::u32: return fold_typed<std::uint32_t, U>(block, step);
  }
  return false;
}

// False: patience was lost.
template <int U>
__device__ bool work(const Block& block, const Step& step) {
  switch (step.head->kind) {
    case StepKind::nothing: return true;
    case StepKind::copy:
      if (step.head->inline_data) return inline_copy(block, step);
      run_copy<U>(block, step);
      return true;
    case StepKind::fold: return fold<U>(block, step);
    case StepKind::work: run_work(block, step); return true;
  }
  return false;
}

__device__ inline Stamp* stamp_of(const Block& block, const Step& step) {
  if (block.args.stamps == nullptr || step.head->op < 0) return nullptr;
  return block.args.stamps + step.head->op;
}

// A step without data (a barrier) starts when its block comes and ends when it goes on.
template <int U>
__device__ bool run_step(const Block& block, const Step& step) {
  const StepHead& head = *step.head;
  if (!await_all(block, step, 0, head.waits_before)) return false;
  Stamp* stamp = stamp_of(block, step);
  stamp_start(stamp);
  bool fine = work<U>(block, step);
  if (head.inline_data) fine = __syncthreads_and(fine) != 0;
  if (!fine) return false;
  if (head.kind != StepKind::nothing) stamp_end(stamp);
  publish(block, step);
  fine = await_all(block, step, head.waits_before, head.waits_after);
  if (fine && head.kind == StepKind::nothing) stamp_end(stamp);
  return fine;
}

__device__ inline const LaneHead& lane_of_block(const FusedArgs& args) {
  int i = 0;
  while (i + 1 < args.lane_count &&
         static_cast<int>(blockIdx.x) >= args.lanes[i + 1].first_block)
    ++i;
  return args.lanes[i];
}

template <int U, int kThreads>
__global__ void __launch_bounds__(kThreads, 1) fused_kernel(const __grid_constant__ FusedArgs args) {
  __shared__ alignas(16) unsigned char records[2][kMaxRecordBytes];
  const LaneHead& lane = lane_of_block(args);
  fetch(lane, 0, records[0]);
  unsigned long long* epochs = args.epochs + blockIdx.x;
  const unsigned long long failed = args.failure->claimed;
  const Block block{args, lane, static_cast<int>(blockIdx.x) - lane.first_block, *epochs + 1};
  if (failed != 0) return;  // an earlier launch failed: end at once
  for (int s = 0; s < lane.steps; ++s) {
    arrived();
    if (s + 1 < lane.steps) fetch(lane, s + 1, records[(s + 1) & 1]);
    if (!run_step<U>(block, Step(records[s & 1]))) return;
  }
  if (threadIdx.x == 0) *epochs = block.epoch;
}

}  // namespace twinlink::realgpu
