#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/scenario_fields.h"
#include "scenarios/units_text.h"

namespace twinlink::scenarios {
namespace {

void complain_at(const Value& root, const std::string& field, std::string message) {
  root.document->complain(root.pointer + "/" + field, std::move(message));
}

void check_points(const Scenario& scenario, const Value& root) {
  const auto count = [](std::size_t n) { return static_cast<Int128>(std::max<std::size_t>(n, 1)); };
  const Int128 points = count(scenario.algorithms.size()) * count(scenario.ranks.size()) *
                        count(scenario.bytes.size());
  if (points <= kScenarioLimits.points) return;
  root.complain("algorithms x ranks x bytes are " + std::to_string(scenario.algorithms.size()) +
                " x " + std::to_string(scenario.ranks.size()) + " x " +
                std::to_string(scenario.bytes.size()) + " = " +
                std::to_string(static_cast<std::int64_t>(points)) + " points; at most " +
                std::to_string(kScenarioLimits.points) + " are run");
}

// The pointer of element i of a field that is a list or a single value.
std::string element_of(const Value& root, const std::string& field, std::size_t i) {
  const bool list =
      root.node->is_object() && root.node->contains(field) && root.node->at(field).is_array();
  return list ? field + "/" + std::to_string(i) : field;
}

void check_sizes(const Scenario& scenario, const Value& root) {
  if (root.document->has_issues()) return;  // positions in the list are those of right elements
  const int element = models::size_of(scenario.element);
  for (std::size_t i = 0; i < scenario.bytes.size(); ++i) {
    const Bytes size = scenario.bytes[i];
    const std::string where = element_of(root, "bytes", i);
    if (size.count < element || size.count % element != 0)
      complain_at(root, where,
                  to_text(size) + " is not a whole number of elements of " +
                      std::to_string(element) + " bytes (" +
                      std::string(name_of(scenario.element)) + "), at least one");
    else if (size > kScenarioLimits.bytes)
      complain_at(root, where,
                  to_text(size) + " is too large; at most " + to_text(kScenarioLimits.bytes));
  }
}

// Ranks that a preset of fixed size has room for; 0: any number.
std::int64_t rank_room(const Scenario& scenario) {
  for (const topology::Preset& preset : topology::presets())
    if (preset.name == scenario.machine.name)
      return static_cast<std::int64_t>(preset.gpus) * scenario.ranks_per_gpu;
  return 0;
}

void check_ranks(const Scenario& scenario, const Value& root) {
  const std::int64_t room = rank_room(scenario);
  if (room == 0 || root.document->has_issues()) return;
  for (std::size_t i = 0; i < scenario.ranks.size(); ++i) {
    if (scenario.ranks[i] <= room) continue;
    std::string message = std::to_string(scenario.ranks[i]) + " ranks do not fit on " +
                          scenario.machine.name + ", which has room for " + std::to_string(room);
    if (scenario.ranks_per_gpu == 1) message += " (\"ranks_per_gpu\" lets ranks share a GPU)";
    complain_at(root, element_of(root, "ranks", i), message);
  }
}

void check_groups(const Scenario& scenario, const Value& root) {
  if (scenario.groups.empty() || scenario.ranks.empty() || root.document->has_issues()) return;
  const int ranks = *std::ranges::min_element(scenario.ranks);
  for (std::size_t g = 0; g < scenario.groups.size(); ++g)
    for (std::size_t m = 0; m < scenario.groups[g].size(); ++m)
      if (scenario.groups[g][m] >= ranks)
        complain_at(root, "groups/" + std::to_string(g) + "/" + std::to_string(m),
                    "rank " + std::to_string(scenario.groups[g][m]) + " does not exist among " +
                        std::to_string(ranks) + " ranks");
}

}  // namespace

void check_scenario(const Scenario& scenario, const Value& root) {
  check_points(scenario, root);
  if (root.document->has_issues()) return;
  check_sizes(scenario, root);
  check_ranks(scenario, root);
  check_groups(scenario, root);
}

}  // namespace twinlink::scenarios
