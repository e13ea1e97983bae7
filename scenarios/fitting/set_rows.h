#pragma once
// Sets of our own measurements as rows that the model can predict.
//
//   collective, scan   the catalogue's plan with the lane shape of the set, fused mode; suites
//                      MACHINE-collectives, -scans, -nccl (default buffers)
//   single copies      one piece (piece_plans.h); both ways from kBothWays on, less the fork and
//                      join of its two streams (fact fork_join of the same file)
//   facts              launches, events, flag and barriers, each as what one more costs
//   sharing, overlap   the timed consumer alone, or beside the other (Sample::together)
// What the model cannot express is counted in Observations::left_out by reason, never dropped in
// silence. Scans were measured with kScanHeads heads of decay kScanDecay (measure/suite_scans.cpp).
#include "scenarios/fitting/measured_sets.h"
#include "scenarios/fitting/observations.h"

namespace twinlink::scenarios {

inline constexpr std::int64_t kBothWays = 1 << 20;  // below it fork and join are most of the time
inline constexpr int kScanHeads = 4;
inline constexpr double kScanDecay = 0.9;

// `machine` empty: known by the devices' names. Throws InputError if they name no machine, or a
// set's consumer cannot be read.
void add_measured_rows(const MeasuredFile& measured, const std::string& file, std::string machine,
                       Observations& out);

}  // namespace twinlink::scenarios
