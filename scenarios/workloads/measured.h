#pragma once
// One plan of a workload on the GPUs of this machine: proved, its numbers compared, timed.
//
// Stream mode; the row's time is the median of ten replays of one graph, what its parts took comes
// from the timeline of one instrumented replay. Empty: the numbers were wrong, and the row says so.
#include "models/plan/plan.h"
#include "models/timeline.h"
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {

models::Timeline run_on_gpus(WorkloadRow& row, const models::Plan& plan,
                             const WorkloadContext& context);

}  // namespace twinlink::scenarios
