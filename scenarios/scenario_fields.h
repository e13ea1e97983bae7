#pragma once
// The parts of a scenario that are objects of their own, and the checks across fields. Used by
// scenario.cpp only; each adds its issues to the document and goes on.
#include "scenarios/json/object_reader.h"
#include "scenarios/scenario.h"

namespace twinlink::scenarios {

// What one scenario may ask for; beyond it the request is refused with its size.
struct ScenarioLimits {
  std::int64_t points = 100'000;
  int ranks = models::kPlanLimits.ranks;
  Bytes bytes{std::int64_t{1} << 40};
};
inline constexpr ScenarioLimits kScenarioLimits{};

void read_machine(MachineSpec& machine, const Value& value);
void read_params(Params& params, const Value& value);
void read_assertions(std::vector<Assertion>& assertions, const Value& value);
void read_groups(std::vector<std::vector<int>>& groups, const Value& value);

// Checks that need more than one field: points, whole elements, ranks on the machine, groups.
void check_scenario(const Scenario& scenario, const Value& root);

}  // namespace twinlink::scenarios
