#pragma once
// Measurements for people and for scripts that read nccl-tests: a line per set, or the table of
// nccl-tests for every operation and algorithm of the suite `collectives`.
#include <string>

#include "realgpu/measure/measure.h"

namespace twinlink::scenarios {

// One line a set: what, median, p10, p90 (us), rate.
std::string measurement_table(const realgpu::Measurement& measurement);
// One table per operation and algorithm, of the best lane shape of each size; "": no collectives.
// #wrong is 0 for plans, whose numbers were compared, and N/A for NCCL.
std::string measurement_nccl_tests(const realgpu::Measurement& measurement);

}  // namespace twinlink::scenarios
