#pragma once
// Runs the workload of a scenario on one machine: every point's rows become results, with header,
// published figures and nothing printed. Errors as run.h.
#include "scenarios/run.h"

namespace twinlink::scenarios {

Run run_workload(const Scenario& scenario, const RunOptions& options);

}  // namespace twinlink::scenarios
