// Params against the operation, algorithms and ranks they are for (declared in scenario_fields.h).
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/scenario_fields.h"

namespace twinlink::scenarios {
namespace {

bool is_scan(models::Operation operation) {
  return operation == models::Operation::scan || operation == models::Operation::exscan;
}

bool has_algorithm(const Scenario& scenario, models::Operation operation, const char* name) {
  return scenario.operation == operation &&
         std::ranges::find(scenario.algorithms, name) != scenario.algorithms.end();
}

// Every number of ranks that some machine has.
std::set<int> all_ranks(const Scenario& scenario) {
  std::set<int> all(scenario.ranks.begin(), scenario.ranks.end());
  all.insert(scenario.machine.ranks.begin(), scenario.machine.ranks.end());
  for (const MachineSpec& machine : scenario.machines)
    all.insert(machine.ranks.begin(), machine.ranks.end());
  return all;
}

std::size_t entries(const Value& value) { return value.node->is_array() ? value.node->size() : 1; }

// A list with an entry per rank fits one number of ranks only.
void check_one_per_rank(const Scenario& scenario, const Value& value) {
  for (const int ranks : all_ranks(scenario))
    if (entries(value) != static_cast<std::size_t>(ranks))
      return value.complain(std::to_string(entries(value)) + " entries for " +
                            std::to_string(ranks) + " ranks; expected one per rank");
}

void check_belongs(const std::optional<Value>& value, bool belongs, const std::string& to) {
  if (value && !belongs) value->complain("is for " + to + " only");
}

}  // namespace

void check_params(const Scenario& scenario, const Value& params) {
  if (!params.node->is_object()) return;
  ObjectReader object(params);
  const auto lengths = object.optional("lengths"), counts = object.optional("counts");
  check_belongs(lengths, is_scan(scenario.operation), "scans");
  check_belongs(
      object.optional("horizon_error"),
      is_scan(scenario.operation) && has_algorithm(scenario, scenario.operation, "decay_horizon"),
      "the scan decay_horizon");
  const bool ring = has_algorithm(scenario, models::Operation::all_reduce, "ring");
  check_belongs(object.optional("channels"), ring, "the all_reduce ring");
  check_belongs(object.optional("bidirectional"), ring, "the all_reduce ring");
  check_belongs(counts, scenario.operation == models::Operation::all_to_all, "all_to_all");
  if (lengths) check_one_per_rank(scenario, *lengths);
  if (!counts) return;
  check_one_per_rank(scenario, *counts);
  if (!scenario.params.counts.empty() &&
      std::ranges::all_of(scenario.params.counts, [](std::int64_t count) { return count == 0; }))
    counts->complain("all counts are 0");
}

}  // namespace twinlink::scenarios
