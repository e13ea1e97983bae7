#pragma once
// Measurements as JSON (twinlink.measurement/1; scenarios/schema/measurement-1.schema.json).
//
// clang-format off
//   {"schema": "twinlink.measurement/1", "suite": "links", "version": "0.1.0+1a2b3c4d",
//    "date": "2026-11-22T06:15:00Z", "quick": false, "complete": true, "wall_s": 61.2,
//    "environment": {"driver": "580.159.04", "cuda_driver": "13.0", "cuda_runtime": "13.0", "nccl": null,
//                    "cublas": null, "devices": [{"gpu": 0, "name": "NVIDIA H200", ...}]},
//    "skipped": [], "wrong": [], "failed": [],
//    "sets": [
//      {"what": {"measure": "sm_pull", "bytes": 1048576, "ctas": 8, ...}, "median_us": ..., "p10_us": ...,
//       "p90_us": ..., "n": 20, "GBps": ..., "method": "...", "raw_us": [...],
//       "clocks_before": [{"gpu": 0, "sm_MHz": 1980, ...}], "clocks_after": [...]}
//    ]}
// clang-format on
// One set a line. Times are of one piece, in us, with four decimals; GBps (1e9 bytes/s) and TFLOPs
// are payload or FLOPs over the median. What is not known is null. Write only.
#include <string>

#include "realgpu/measure/measure.h"

namespace twinlink::scenarios {

std::string write_measurement(const realgpu::Measurement& measurement, const std::string& date);

}  // namespace twinlink::scenarios
