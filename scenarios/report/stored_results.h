#pragma once
// Result files read back: what `run` and `coll` write with --json or -o (twinlink.result/1: one
// result, {"results": [...]}, or one object per line), and the lines of `validate --json`.
//
// Fields that twinlink.result/1 does not name belong to a workload's row: those before time_us are
// its keys, those after it its figures, as the writer orders them. A row with such fields whose
// file was reordered (by a tool that sorts keys) is refused: its keys could not be told from its
// figures. Errors: InputError with every issue of the file, its line and column: no JSON, neither
// results nor verdicts, no row at all, missing fields, wrong types, times that are negative or not
// between their percentiles, unknown operations.
#include <string>
#include <vector>

#include "scenarios/fitting/validation.h"
#include "scenarios/result.h"

namespace twinlink::scenarios {

struct StoredResults {
  std::string file;  // as given
  std::vector<Result> rows;
  std::vector<Verdict> verdicts;
};

StoredResults read_stored_results(const std::string& text, const std::string& file);

}  // namespace twinlink::scenarios
