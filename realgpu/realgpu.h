#pragma once
// Executor `realgpu`: the same plan on CUDA devices. This header is pure C++; without CUDA the
// library still builds (realgpu_none.cpp) and make_realgpu throws UnsupportedError (exit code 5).
//
// Fused mode: all sm lanes of a GPU are one cooperative launch that walks their ops, with flags
// between lanes (fused_device.h, fused_schedule.h), copy lanes are streams beside it
// (fused_copies.h); it takes plans without library ops and products whose blocks fit on the GPUs at
// once. Stream mode: every lane is a stream, every cross-lane dependency an event, `copy` and
// `reduce` are kernels on sm lanes and peer copies on copy lanes, `barrier` joins streams by
// events, `compute` multiplies what it states (cuBLAS, on the plan's weights, compared with its
// definition) or does the stated FLOPs and HBM reads without touching data. Rank r runs on device
// gpu_of_rank[r]; several ranks may share one. If every lane says launch mode graph, the plan is
// one CUDA graph over all devices, and a sample is the time of `repeats` plans in one graph divided
// by their number (in stream mode each waits for all lanes of the one before); else the host issues
// it op by op, inside the time. Numbers are compared with the direct definition before and after
// timing; when they are wrong there are no samples and no timeline. Timeline: see
// measured_timeline.h (its makespan is that of one instrumented replay, not the median of the
// samples). Method: docs/measuring.md. Never used: NVLink multicast, clock or power settings.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "models/executor.h"

namespace twinlink::realgpu {

class ProcessGroup;

// stream: a stream per lane, events between them. fused: one launch per GPU, flags between lanes.
// automatic: fused where the plan allows it.
enum class Mode : std::uint8_t { automatic, fused, stream };

struct Options {
  Mode mode = Mode::automatic;
  int warmup = 5;
  int iterations = 20;
  int repeats = 10;              // plans per graph; fewer when the plan has many ops
  bool timeline = true;          // take the instrumented replays as well
  bool cooperative = true;       // fused: as cooperative launches
  bool overlapped = true;        // fused: a launch may be put on the GPU while the one before ends
  double patience_s = 5;         // fused: a launch that waits longer is ended, with an error
  std::uint64_t delay_seed = 0;  // fused: random delays around every flag, to find races; 0: none
  // One process per GPU: every one makes an executor and gives it the same plans, in fused mode.
  // Null: this process drives all GPUs.
  std::shared_ptr<ProcessGroup> processes;
  std::function<void(const std::string&)> note;  // told why automatic chose stream mode
};

// What was found on this machine, in words; empty devices: none.
struct DeviceInfo {
  int devices = 0;
  std::string description;  // names, driver, CUDA version, clocks; or why there is none
};
DeviceInfo describe_devices();

// Throws UnsupportedError without CUDA or without a device. execute() throws UnsupportedError for a
// plan that names a GPU which is not there, GPUs without peer access, or an op no kernel serves;
// GpuError (a std::runtime_error) when a CUDA call fails.
std::unique_ptr<models::Executor> make_realgpu(const Options& options);

}  // namespace twinlink::realgpu
