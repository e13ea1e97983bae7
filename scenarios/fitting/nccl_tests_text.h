#pragma once
// The table that nccl-tests prints (and our `coll`): its rows as observations.
//
//   # Collective test starting: all_reduce_perf        which operation (our table: all_reduce)
//   #  Rank  0 Group  0 Pid ... on HOST device ...     one line per rank (our table: "ranks: 8")
//   # algorithm: two_shot ranks: 8 machine: hgx-h100   ours only
//   1048576  262144  float  sum  -1  12.3  85.2  149  0  12.1  86.6  151  0
// Columns: size (B), count, type, redop, root, then time (us), algbw, busbw, #wrong out of place
// and in place. A time of another unit is refused by the header line that names it ("(ms)").
#include <string>

#include "scenarios/fitting/observations.h"

namespace twinlink::scenarios {

void read_nccl_tests_text(const std::string& text, const std::string& file,
                          const std::string& machine, Observations& out);

}  // namespace twinlink::scenarios
