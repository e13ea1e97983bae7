#include "realgpu/device_code.cuh"
#include "realgpu/probe_kernels.h"

namespace twinlink::realgpu {
namespace {

constexpr unsigned long long kPatienceNs = 1'000'000'000ULL;

__global__ void empty_kernel() {}

__global__ void chase_kernel(ChaseArgs args) {
  unsigned long long offset = *args.position;
  for (int i = 0; i < args.steps; ++i)
    offset = *reinterpret_cast<const volatile unsigned long long*>(
        static_cast<const char*>(args.chain) + offset);
  *args.position = offset;
}

__device__ void raise_flag(unsigned long long* flag, unsigned long long value) {
  asm volatile("st.release.sys.global.u64 [%0], %1;" ::"l"(flag), "l"(value) : "memory");
}

__device__ unsigned long long read_flag(const unsigned long long* flag) {
  unsigned long long value;
  asm volatile("ld.acquire.sys.global.u64 %0, [%1];" : "=l"(value) : "l"(flag) : "memory");
  return value;
}

__device__ bool wait_for(const unsigned long long* flag, unsigned long long value) {
  const unsigned long long begin = global_timer();
  while (read_flag(flag) < value)
    if (global_timer() - begin > kPatienceNs) return false;
  return true;
}

__global__ void ping_pong_kernel(PingPongArgs args) {
  for (int i = 0; i < args.rounds; ++i) {
    const auto value = static_cast<unsigned long long>(i) + 1;
    unsigned long long sent = global_timer();
    if (args.first) raise_flag(args.peer_flag, value);
    if (!wait_for(args.own_flag, value)) {
      *args.failed = 1;
      return;
    }
    const unsigned long long seen = global_timer();
    if (!args.first) {
      raise_flag(args.peer_flag, value);
      sent = seen;
    }
    args.times[i] = make_ulonglong2(sent, seen);
  }
}

__global__ void timer_readings_kernel(unsigned long long* readings, int count) {
  unsigned long long last = global_timer();
  for (int i = 0; i < count; ++i) {
    unsigned long long now = last;
    while (now == last) now = global_timer();
    readings[i] = now;
    last = now;
  }
}

}  // namespace

void launch_empty(cudaStream_t stream) {
  empty_kernel<<<1, 32, 0, stream>>>();
  TL_CUDA(cudaGetLastError());
}

void launch_chase(const ChaseArgs& args, cudaStream_t stream) {
  chase_kernel<<<1, 1, 0, stream>>>(args);
  TL_CUDA(cudaGetLastError());
}

void launch_ping_pong(const PingPongArgs& args, cudaStream_t stream) {
  ping_pong_kernel<<<1, 1, 0, stream>>>(args);
  TL_CUDA(cudaGetLastError());
}

void launch_timer_readings(unsigned long long* readings, int count, cudaStream_t stream) {
  timer_readings_kernel<<<1, 1, 0, stream>>>(readings, count);
  TL_CUDA(cudaGetLastError());
}

}  // namespace twinlink::realgpu
