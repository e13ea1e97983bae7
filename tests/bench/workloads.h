#pragma once
// The workloads on which simulators are compared, as plans on an ideal crossbar (900 GB/s per
// direction, 1 us per link). tests/bench/peers runs the same ones elsewhere.
#include <cstdint>
#include <functional>

#include "models/cost/calibration.h"
#include "models/plan/plan.h"
#include "topology/topology.h"

namespace twinlink::bench {

topology::Topology crossbar(int ranks);
// The ideal profile; compute runs at 1 TFLOP/s, so that 1e6 FLOPs take 1 us.
models::CalibrationProfile profile();

// Ring all-reduce, one chunk per step: 2 N (N-1) messages. Skewed: rank r first computes for
// (37 r mod 101) us.
models::Plan ring(int ranks, std::int64_t bytes, bool skewed);

// Every ordered pair of ranks, all at once: N (N-1) messages.
models::Plan all_pairs(int ranks, const std::function<std::int64_t()>& next_size);

// Sizes between 1 byte and 2 MiB, no two alike to speak of; the generator of the peers' program.
class RandomSizes {
 public:
  std::int64_t operator()() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return 1 + static_cast<std::int64_t>(state_ >> 43);  // 21 bits
  }

 private:
  std::uint64_t state_ = 1;
};

}  // namespace twinlink::bench
