#include "scenarios/result_fields.h"

#include <array>

namespace twinlink::scenarios {
namespace {

constexpr std::array kFields{
    ResultField{"scenario", FieldType::text, "name of the scenario"},
    ResultField{"scenario_hash", FieldType::text, "of the scenario's canonical text"},
    ResultField{"variant", FieldType::text, "which variant of the scenario; may be empty"},
    ResultField{"operation", FieldType::text, "what the plan computes"},
    ResultField{"algorithm", FieldType::text, "name in the catalogue, or of a policy"},
    ResultField{"chosen", FieldType::text, "the algorithm that a policy calls"},
    ResultField{"machine", FieldType::text, "preset, file or name of the inline topology"},
    ResultField{"executor", FieldType::text, "sim, host or realgpu"},
    ResultField{"ranks", FieldType::number, "participants"},
    ResultField{"bytes", FieldType::bytes, "size as nccl-tests says it; scans: state of one rank"},
    ResultField{"time_us", FieldType::number, "time of the plan"},
    ResultField{"time_us_p10", FieldType::number, "10th percentile over repeated runs"},
    ResultField{"time_us_p90", FieldType::number, "90th percentile over repeated runs"},
    ResultField{"algbw_GBps", FieldType::number, "bytes / time"},
    ResultField{"busbw_GBps", FieldType::number, "algbw times the operation's traffic factor"},
    ResultField{"lower_bound_us", FieldType::number, "no executor can be faster"},
    ResultField{"regret", FieldType::number, "time of a policy / that of the fastest asked for"},
    ResultField{"speedup_vs_nccl", FieldType::number, "time of nccl / time, where both were run"},
    ResultField{"correct", FieldType::boolean, "proved, and its numbers right where it computed"},
    ResultField{"reason", FieldType::text, "why not correct, or why there is no time"},
    ResultField{"bottleneck", FieldType::text, "the busiest resource"},
    ResultField{"provenance", FieldType::text, "worst provenance of the constants used"},
    ResultField{"extrapolated", FieldType::boolean, "outside the calibrated range"},
    ResultField{"profile", FieldType::text, "calibration profile"},
    ResultField{"seed", FieldType::number, "of the inputs"},
    ResultField{"version", FieldType::text, "of twinlink"},
};

}  // namespace

std::span<const ResultField> result_fields() { return kFields; }

}  // namespace twinlink::scenarios
