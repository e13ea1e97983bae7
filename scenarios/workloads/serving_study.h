#pragma once
// The workload "serving": context servers (dep groups, or single dwdp ranks) in front of generation
// servers, under clients in a closed loop (sim/serving.h has the definitions).
//
// One point; its rows are
//   points    variant x deployment x context_gpus x concurrency, unless rows is "answers"
//   ranges    per variant that is not dep and range of tokens per second and user: the best point
//   of
//             the variant over the best of dep. Best: most output tokens per second and GPU; of
//             those within 1 % of it, the least TTFT. `overall`: the mean of the ranges inside it.
//   targets   per variant: the deployment, copied as often as needed, with which fewest GPUs give
//             the target's tokens within its limits; bottleneck says what bounds it
// bottleneck of a point: "context servers" (busy 95 % of the time or more), "generation places" (95
// % taken) or "concurrency". Provenance is "assumed": the decode step is a roofline.
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {

std::unique_ptr<Workload> read_serving(ObjectReader& object);
WorkloadKind serving_kind();

}  // namespace twinlink::scenarios
