#pragma once
// Raw facts of two GPUs, from which the constants of a CalibrationProfile can be fitted. Each is
// measured alone, as seconds per piece of a chain (repeated.h), unless its text says otherwise.
//
//   launch   graph_gap, eager_gap: empty kernels in a row. event_local, event_peer: empty kernels
//            alternating between two streams of one GPU, of two GPUs (a gap is inside). fork_join:
//            one empty kernel on both GPUs, forked from and joined to one stream.
//   latency  chase_l2, chase_hbm, chase_peer: one dependent load of a chain in
//            shuffled order, in 4 MiB (l2) or 512 MiB; flag: one way, half a round trip;
//            timer_step: resolution of the global timer.
// Copies are in measure/suite_links.h. Not measured here: clocks.
#include <string>
#include <utility>
#include <vector>

namespace twinlink::realgpu {

struct Fact {
  std::string name;
  std::vector<std::pair<std::string, double>> where;  // bytes, ctas, threads, loads, ...
  std::vector<double> seconds;                        // samples
  double bytes = 0;                                   // payload of one piece; 0: a latency
};

struct GpuPair {
  int own, peer;
};

// Need peer access, which they enable. Throw UnsupportedError or GpuError.
std::vector<Fact> launch_facts(const GpuPair& gpus);
std::vector<Fact> latency_facts(const GpuPair& gpus);

}  // namespace twinlink::realgpu
