#pragma once
// Raw facts of two GPUs, from which the constants of a CalibrationProfile can be fitted. Each is
// measured alone, as seconds per piece of a chain (repeated.h), unless its text says otherwise.
//
//   launch   graph_gap, eager_gap: empty kernels in a row. event_local, event_peer: empty kernels
//            alternating between two streams of one GPU, of two GPUs (a gap is inside). fork_join:
//            one empty kernel on both GPUs, forked from and joined to one stream.
//   copies   copy_push, copy_pull, copy_local by size; copy_both: a push from each GPU at once.
//   sm       sm_pull, sm_push, sm_local by CTAs, threads and loads; sm_both: both GPUs pull;
//            sm_fold: own + peer -> own and peer, as in two_shot.
//   latency  chase_l2, chase_hbm, chase_peer: one dependent load; flag: one way, half a round trip;
//            timer_step: resolution of the global timer.
// Payload is that of one direction: what one GPU reads from (or writes to) its peer. Not measured
// here: clocks, contention of copies with kernels.
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
std::vector<Fact> copy_engine_facts(const GpuPair& gpus);
std::vector<Fact> sm_facts(const GpuPair& gpus);
std::vector<Fact> latency_facts(const GpuPair& gpus);

}  // namespace twinlink::realgpu
