#pragma once
// Workloads of the benchmarks, made from plans of the catalogue.
#include "models/cost/calibration.h"
#include "models/plan/plan.h"

namespace twinlink::bench {

// Ring all-reduce of 64 MiB, rank r on GPU r.
models::Plan ring(int ranks);
// The same plan, where rank r first computes for (37 r mod 101) us, given 1 TFLOP/s.
models::Plan skewed_ring(int ranks);
// The catalogue's direct all-to-all, 1 MiB a pair.
models::Plan direct_all_to_all(int ranks);
// Every ordered pair 1 MiB, all at once.
models::Plan all_pairs(int ranks);
// The same pairs, each 4 bytes to 1 MiB in whole elements, a fixed mix of the pair.
models::Plan random_pairs(int ranks);
// The ideal machine with 1 TFLOP/s.
models::CalibrationProfile profile();

}  // namespace twinlink::bench
