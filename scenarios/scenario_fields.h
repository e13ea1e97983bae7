#pragma once
// The parts of a scenario that are objects of their own, and the checks across fields. Used by
// scenario.cpp only; each adds its issues to the document and goes on.
#include <span>

#include "scenarios/json/object_reader.h"
#include "scenarios/result_fields.h"
#include "scenarios/scenario.h"

namespace twinlink::scenarios {

// What one scenario may ask for; beyond it the request is refused with its size.
struct ScenarioLimits {
  std::int64_t points = 100'000;
  int ranks = models::kPlanLimits.ranks;
  Bytes bytes{std::int64_t{1} << 40};
};
inline constexpr ScenarioLimits kScenarioLimits{};

// One machine, or a list of them.
void read_machines(Scenario& scenario, const Value& value);
void read_params(Params& params, const Value& value);
// fields: what an assertion may name.
void read_assertions(std::vector<Assertion>& assertions, const Value& value,
                     std::span<const ResultField> fields);
void read_groups(std::vector<std::vector<int>>& groups, const Value& value);

// One of "ranks" and of "bytes". Machines, ranks_per_gpu and element have been read before. Ranks
// are those of one machine, or of all that do not list their own.
std::optional<std::int64_t> read_rank_count(const Scenario& scenario, const MachineSpec& machine,
                                            const Value& value);
std::optional<std::int64_t> read_rank_count(const Scenario& scenario, const Value& value);
std::optional<Bytes> read_whole_size(const Scenario& scenario, const Value& value);
// Refuses too many points, and ranks of groups that do not exist for every entry of "ranks".
void check_points(const Scenario& scenario, const Value& root);
void check_groups(const Scenario& scenario, const Value& groups);
// Params that belong to an operation or algorithm, or have an entry for every rank.
void check_params(const Scenario& scenario, const Value& params);

}  // namespace twinlink::scenarios
