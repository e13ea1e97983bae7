#pragma once
// The table that nccl-tests prints, and what its JSON and its vocabulary mean.
//
// Text: lines that begin with '#' are comments; the head of the table says where the time stands
// (old versions have no root); a launcher's prefix ("[1,0]<stdout>:") and timestamps (-S) are
// skipped; columns behind the out-of-place #wrong (-I) are not read. JSON: file version 3 (-J); the
// environment in it is not read. Out-of-place times count.
// Errors: observations.h, by line; also host times (-C), wrong results, rates that do not follow
// from size and time, and a run without its last line.
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "scenarios/fitting/observations.h"

namespace twinlink::scenarios {

// "all_reduce_perf", "all_reduce", "alltoall" ... and "float", "bfloat16" ...
std::optional<models::Operation> nccl_operation(std::string name);
std::optional<models::ElementType> nccl_element(const std::string& name);

void read_nccl_tests_text(const std::string& text, const std::string& file,
                          const std::string& machine, Observations& out);
void read_nccl_tests_json(const nlohmann::json& json, const std::string& file,
                          const std::string& machine, Observations& out);

}  // namespace twinlink::scenarios
