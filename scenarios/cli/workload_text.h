#pragma once
// Results of a workload as a table: what all rows share in a line of its own, what identifies a row
// on the left, its time and figures in as
// many columns as a terminal has room for, in several tables if need be. Under a row that was
// published: the published figures and our error in percent.
#include <string>
#include <vector>

#include "scenarios/result.h"

namespace twinlink::scenarios::cli {

std::string workload_tables(const std::vector<Result>& results);
// One sentence per published figure of several rows: how many, median and largest error.
std::vector<std::string> workload_answer(const std::vector<Result>& results);

}  // namespace twinlink::scenarios::cli
