#pragma once
// Suite `links`: one piece of each way that data and signals go between two GPUs.
//
//   copy_push, copy_pull, copy_both     a copy engine, 1 KiB to 1 GiB; both: a push from each GPU
//   sm_push, sm_pull, sm_push_both, sm_pull_both   a kernel of 1 to 132 CTAs of 512 threads
//   barrier_relaxed, barrier_fenced     a meeting of both GPUs inside one fused launch, by CTAs
//   flag                                one way, half a round trip
//   graph_gap, eager_gap, event_local, event_peer, fork_join, chase_*   machine_facts.h
// "both" pieces fork from and join to one stream: that is inside their time.
#include "realgpu/measure/recorder.h"

namespace twinlink::realgpu {

void measure_links(Recorder& recorder);
// Of barriers only, over any two GPUs: what an exchange costs before it carries data.
void measure_barriers(Recorder& recorder);

}  // namespace twinlink::realgpu
