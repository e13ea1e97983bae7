#pragma once
// The short answer that results give: the fastest correct algorithm by ranks and size, by how much,
// which plans are wrong, how far predictions are from published times.
#include <string>
#include <vector>

#include "scenarios/result.h"

namespace twinlink::scenarios::cli {

// Sentences, one line each before wrapping.
std::vector<std::string> answer(const std::vector<Result>& results);

}  // namespace twinlink::scenarios::cli
