#pragma once
// A run as people read it: question, machine, a table that fits 80 columns, and the answer that the
// results give.
#include <string>

#include "scenarios/run.h"

namespace twinlink::scenarios::cli {

std::string run_text(const Scenario& scenario, const Run& run);

}  // namespace twinlink::scenarios::cli
