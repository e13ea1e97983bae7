#pragma once
// What the suites share: buffers on two GPUs (or twice on one), and copies by SMs and copy engines
// between them as pieces of work on a stream.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "realgpu/device_buffer.h"
#include "realgpu/kernels.h"
#include "realgpu/measure/recorder.h"
#include "realgpu/stream_pair.h"

namespace twinlink::realgpu {

// Two buffers on each of two GPUs, filled with ordinary numbers. Peer access is enabled.
struct PairBench {
  PairBench(int own_gpu, int peer_gpu, std::int64_t bytes);
  StreamPair streams;  // origin on own, side on peer
  DeviceBuffer own, beside, peer, peer_beside;
};

LaunchShape sm_shape(int ctas, int loads, int threads = 512);
// `bytes` by kernel, or by cudaMemcpyAsync, from the device that the stream belongs to.
void copy_by_sms(const Stream& stream, const std::byte* from, std::byte* to,
                 const LaunchShape& shape, std::int64_t bytes);
void copy_by_engine(const Stream& stream, const std::byte* from, std::byte* to, std::int64_t bytes);

// From 1 KiB, times 4, up to `most`; quick: times 32.
std::vector<std::int64_t> sweep_sizes(std::int64_t most, bool quick);
// {"measure": name, "bytes": b, "ctas": .., "threads": .., "loads": ..}
What sm_what(const std::string& name, std::int64_t bytes, const LaunchShape& shape);
What sized_what(const std::string& name, std::int64_t bytes);

}  // namespace twinlink::realgpu
