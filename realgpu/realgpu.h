#pragma once
// Executor `realgpu`: the same plan on CUDA devices. This header is pure C++; without CUDA the
// library still builds (realgpu_none.cpp) and make_realgpu throws UnsupportedError (exit code 5).
//
// Stream mode: every lane is a stream, every cross-lane dependency an event, `copy` and `reduce`
// are kernels on sm lanes and peer copies on copy lanes, `barrier` joins streams by events. Rank r
// runs on device gpu_of_rank[r]. Numbers are compared with the direct definition before the time is
// believed. Never used: NVLink multicast, clock or power settings.
#include <memory>
#include <string>

#include "models/executor.h"

namespace twinlink::realgpu {

struct Options {
  int warmup = 5;
  int iterations = 20;
};

// What was found on this machine, in words; empty devices: none.
struct DeviceInfo {
  int devices = 0;
  std::string description;  // names, driver, CUDA version, clocks; or why there is none
};
DeviceInfo describe_devices();

// Throws UnsupportedError without CUDA or without a device.
std::unique_ptr<models::Executor> make_realgpu(const Options& options);

}  // namespace twinlink::realgpu
