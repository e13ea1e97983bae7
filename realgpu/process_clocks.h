#pragma once
// Timelines of several processes: how far the timers of their GPUs are apart, and their stamps put
// together. Collectives. As clock_alignment.h, with flags in shared memory.
#include <vector>

#include "realgpu/kernels.h"
#include "realgpu/process_gpus.h"

namespace twinlink::realgpu {

// What has to be added to the timer of each process's GPU so that all agree with process 0's, in
// ns. Throws GpuError if the kernels of two processes did not run at the same time.
std::vector<long long> timer_corrections(ProcessGpus& processes);

// Per op the stamp of the process that has one.
std::vector<Stamp> merged(ProcessGroup& group, const std::vector<Stamp>& mine);

}  // namespace twinlink::realgpu
