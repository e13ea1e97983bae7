#pragma once
// What the processes of a group found, put together: every process gets the same. Collectives.
#include <vector>

#include "models/executor.h"
#include "realgpu/process_group.h"

namespace twinlink::realgpu {

// Correct where all are; the reason of the lowest process that has one, "process 1: ...".
models::Numbers combined(ProcessGroup& group, const models::Numbers& mine);

// The longest of all processes, sample by sample.
std::vector<Duration> slowest(ProcessGroup& group, const std::vector<Duration>& mine);

}  // namespace twinlink::realgpu
