#pragma once
// A plan from the command line: built from an operation and an algorithm, or read from a file.
// Shared by `plan` and `check`.
#include <string>

#include "models/plan/plan.h"

namespace CLI {
class App;
}

namespace twinlink::scenarios::cli {

struct PlanFlags {
  std::string plan;  // check: an algorithm or a file; plan: a file
  std::string operation, algorithm, machine, bytes = "1M", element = "fp32", launch = "graph";
  int ranks = 8, ranks_per_gpu = 1, heads = 1;
  bool suffix = false;
};

// Options of a plan that is built: -g --ranks, -b, --element, --launch, --suffix, ...
void add_build_options(CLI::App& verb, PlanFlags& flags);
models::Plan build_from(const PlanFlags& flags);
models::Plan read_plan_file(const std::string& path);
// "72 ranks, 1234 ops, 5678 slices, 910 dependencies".
std::string plan_facts(const models::Plan& plan);

}  // namespace twinlink::scenarios::cli
