#pragma once
// Suites `collectives` and `scans`.
//
// collectives: for all_reduce, reduce_scatter, all_gather, all_to_all, broadcast and sendrecv on
// two GPUs, every runnable algorithm with a few lane shapes, and NCCL ("algorithm": "nccl",
// "registered" buffers or not) captured and timed the same way in the same process. Sizes grow, so
// that a limit cuts the largest; above 64 MiB only the two algorithms run that were fastest there.
// scans: 2, 4, 8 and 16 ranks on the GPUs there are, every runnable exclusive scan; and the fenced
// barrier, which an exchange of two ranks is compared with.
#include "realgpu/measure/recorder.h"

namespace twinlink::realgpu {

void measure_collectives(Recorder& recorder);
void measure_scans(Recorder& recorder);

}  // namespace twinlink::realgpu
