#pragma once
// Kernels that measure the machine: an empty one, dependent loads, and a ping-pong of flags.
#include <cuda_runtime_api.h>

#include "realgpu/cuda_check.h"

namespace twinlink::realgpu {

void launch_empty(cudaStream_t stream);

// One thread follows `steps` links: at byte offset o stands the next offset (u64). Begins
// at `position`, which is left at the last offset.
struct ChaseArgs {
  const void* chain = nullptr;
  int steps = 0;
  unsigned long long* position = nullptr;  // where it begins, then where it ended
};
void launch_chase(const ChaseArgs& args, cudaStream_t stream);

// Two threads on two devices raise each other's flag in turn, `rounds` times. Launch `first` on one
// device and the other role on the other; flags start at 0. Each waits at most one second of its
// own clock, then gives up and sets `failed` (so a serialised launch ends instead of hanging).
// times[i]: first: sent and answered; second: seen (twice), in ns of the own global timer.
struct PingPongArgs {
  unsigned long long* own_flag = nullptr;
  unsigned long long* peer_flag = nullptr;
  ulonglong2* times = nullptr;
  int* failed = nullptr;
  int rounds = 0;
  bool first = false;
};
void launch_ping_pong(const PingPongArgs& args, cudaStream_t stream);

// Distinct readings of the global timer in a row, to see its resolution.
void launch_timer_readings(unsigned long long* readings, int count, cudaStream_t stream);

}  // namespace twinlink::realgpu
