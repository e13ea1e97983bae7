#pragma once
// Results as the table that nccl-tests prints, so that scripts which read those logs read ours.
//
// Lines that begin with '#' are comments; a row is
//   size count type redop root  time algbw busbw #wrong  time algbw busbw #wrong
// in bytes, elements, us and GB/s (1e9). Plans here are out of place: the second four columns
// repeat the first three numbers (readers of these tables convert them to floats, so "N/A" would
// break them) and have N/A for #wrong, which nccl-tests itself prints where in place is not
// checked. #wrong counts the ranks whose output is wrong; 0: proved; N/A: not checked. A scan has
// no busbw: N/A.
#include <string>
#include <vector>

#include "scenarios/run.h"

namespace twinlink::scenarios {

// One table of one algorithm: header, a row per result, footer. Rows without a time are left out
// and named in a comment.
std::string nccl_table(const Scenario& scenario, const Run& run,
                       const std::vector<const Result*>& rows);

// Comment lines: the winner of every size and its margin over the second, and the crossovers. Empty
// if nobody asked (Run::crossovers) or no size has two that compete.
std::string winner_comments(const Run& run);

// Comment lines: what policies called at every size, and what that cost them. Empty if there are
// none, or nothing to compare them with.
std::string policy_comments(const Run& run);

}  // namespace twinlink::scenarios
