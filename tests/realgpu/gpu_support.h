#pragma once
// What the GPU tests share: a device or a printed reason, and plans of the catalogue spread over
// the devices that are there.
#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "models/collectives/catalogue.h"
#include "realgpu/realgpu.h"

namespace twinlink::testing {

inline bool no_device() {
  const realgpu::DeviceInfo info = realgpu::describe_devices();
  if (info.devices == 0) MESSAGE("skipped: " << info.description);
  return info.devices == 0;
}

// Rank r on device r modulo the number of devices, or all on device 0.
inline std::vector<std::int32_t> spread(int ranks, bool one_device = false) {
  const int devices = one_device ? 1 : realgpu::describe_devices().devices;
  std::vector<std::int32_t> gpu_of_rank;
  for (int r = 0; r < ranks; ++r) gpu_of_rank.push_back(r % devices);
  return gpu_of_rank;
}

inline models::CollectiveRequest request(models::Operation operation, int ranks, Bytes bytes) {
  models::CollectiveRequest wanted;
  wanted.operation = operation;
  wanted.gpu_of_rank = spread(ranks);
  wanted.bytes = bytes;
  return wanted;
}

inline models::Plan build(const models::CollectiveRequest& wanted, const std::string& algorithm) {
  return models::build_plan(models::find_algorithm(wanted.operation, algorithm), wanted);
}

inline realgpu::Options few_samples(realgpu::Mode mode) {
  realgpu::Options few;
  few.mode = mode;
  few.timeline = false;
  few.warmup = 1;
  few.iterations = 3;
  few.repeats = 2;
  return few;
}

// Without a timeline: its clock alignment needs kernels of two devices to run at the same time,
// which they do not under a memory checker.
inline models::Execution execute(const models::Plan& plan, const models::Inputs& inputs = {},
                                 bool timeline = false,
                                 realgpu::Mode mode = realgpu::Mode::automatic) {
  realgpu::Options few = few_samples(mode);
  few.timeline = timeline;
  return realgpu::make_realgpu(few)->execute(plan, inputs);
}

inline void check_correct(const models::Execution& execution) {
  REQUIRE(execution.numbers.has_value());
  CHECK_MESSAGE(execution.numbers->correct, execution.numbers->reason);
  CHECK(execution.samples.size() == 3);
}

// TWINLINK_STREAM_ONLY: for memory checkers, which run one kernel at a time, so that launches of
// two GPUs that wait for each other would never end.
inline bool stream_only() { return std::getenv("TWINLINK_STREAM_ONLY") != nullptr; }

inline void check_both_modes(const models::Plan& plan, const models::Inputs& inputs = {}) {
  for (const realgpu::Mode mode : {realgpu::Mode::fused, realgpu::Mode::stream}) {
    if (mode == realgpu::Mode::fused && stream_only()) continue;
    CAPTURE(static_cast<int>(mode));
    check_correct(execute(plan, inputs, false, mode));
  }
}

}  // namespace twinlink::testing
