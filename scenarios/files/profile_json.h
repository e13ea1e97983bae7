#pragma once
// Calibration profiles as JSON (twinlink.profile/1), driven by models::constant_table().
//
// clang-format off
//   {"schema": "twinlink.profile/1", "name": "hgx-h100", "about": "...",
//    "calibrated": {"ranks": 8, "bytes_min": "1 KiB", "bytes_max": "64 MiB"},
//    "constants": {"graph_gap": {"value": "0.52 us", "spread": "0.1 us",
//                                "provenance": "measured", "source": "..."}, ...}}
// clang-format on
// Every constant of the table must be there. Values without a unit are bare numbers. "spread"
// (default 0) is one sigma; "calibrated" may be absent (nothing was calibrated). A value of "0
// GB/s" means no limit. write -> read -> write is a fixed point. All errors at once (InputError).
#include <string>

#include "models/cost/calibration.h"

namespace twinlink::scenarios {

models::CalibrationProfile read_profile(const std::string& text, const std::string& file);
std::string write_profile(const models::CalibrationProfile& profile);

}  // namespace twinlink::scenarios
