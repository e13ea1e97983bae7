#pragma once
// `list --long`: what every algorithm moves and computes for a stated number of ranks and size,
// what its closed form says, and how far that is from the lower bound of its operation; as text of
// 80 columns, as Markdown (docs/algorithms.md) and as JSON.
//
// The request is one group of all ranks, one per GPU, fp32, in one NVLink domain, whose switches
// reduce and multicast for the algorithms that need it. Closed forms are evaluated at the figures
// of the ideal `crossbar`: alpha 2 us, beta 1 / (900 GB/s), gamma 0.
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "models/collectives/catalogue.h"

namespace twinlink::scenarios::cli {

struct LongChoice {
  int ranks = 8;
  Bytes bytes = mib(1);
};

std::string long_text(const LongChoice& choice);
std::string long_markdown(const LongChoice& choice);
// Counts, time and bound of one algorithm, or {"refused": why}.
nlohmann::ordered_json long_json(const models::Algorithm& algorithm, const LongChoice& choice);

}  // namespace twinlink::scenarios::cli
