#pragma once
// Tables of all-reduce times as CSV: columns hardware, tp, bytes, algorithm and one of time_us,
// time_ms and time_s, in any order; others (rows, hidden) are not read. Algorithms by our names or
// the published aliases (published.h); hardware: a preset, or the GPU of an hgx preset; else
// --machine.
// Errors: InputError by line: missing columns, rows of another length, times and sizes that are not
// positive, no or two columns of time.
#include <string>

#include "scenarios/fitting/observations.h"

namespace twinlink::scenarios {

bool is_timing_csv(const std::string& text);
void read_timing_csv(const std::string& text, const std::string& file, const std::string& machine,
                     Observations& out);

}  // namespace twinlink::scenarios
