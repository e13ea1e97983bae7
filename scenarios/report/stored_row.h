#pragma once
// One result object of a file -> Result: the inverse of to_json(Result). Issues go to the value's
// document. `order`: the same object with its keys in the order of the file.
#include <nlohmann/json_fwd.hpp>

#include "scenarios/json/document.h"
#include "scenarios/result.h"

namespace twinlink::scenarios {

Result read_stored_row(const Value& value, const nlohmann::ordered_json& order);

}  // namespace twinlink::scenarios
