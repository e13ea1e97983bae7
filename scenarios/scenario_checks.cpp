#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "scenarios/scenario_fields.h"
#include "scenarios/units_text.h"

namespace twinlink::scenarios {
namespace {

// Ranks that a preset of fixed size has room for; 0: any number, or not known here.
std::int64_t rank_room(const Scenario& scenario, const MachineSpec& machine) {
  const auto preset = topology::find_preset(machine.name);
  return preset ? std::int64_t{preset->gpus} * scenario.ranks_per_gpu : 0;
}

std::size_t machine_count(const Scenario& scenario) {
  const auto count = [](const MachineSpec& machine) {
    return std::max<std::size_t>(1, machine.alternatives.size());
  };
  if (scenario.machines.empty()) return count(scenario.machine);
  std::size_t all = 0;
  for (const MachineSpec& machine : scenario.machines) all += count(machine);
  return all;
}

// Entries of the longest list of ranks.
std::size_t most_ranks(const Scenario& scenario) {
  std::size_t most = std::max(scenario.ranks.size(), scenario.machine.ranks.size());
  for (const MachineSpec& machine : scenario.machines) most = std::max(most, machine.ranks.size());
  return most;
}

// Of the machines that take the scenario's ranks, the one with the least room.
const MachineSpec& smallest_machine(const Scenario& scenario) {
  const MachineSpec* smallest = &scenario.machine;
  std::int64_t least = 0;
  for (const MachineSpec& machine : scenario.machines) {
    const std::int64_t room = rank_room(scenario, machine);
    if (room == 0 || !machine.ranks.empty() || (least > 0 && room >= least)) continue;
    least = room;
    smallest = &machine;
  }
  return *smallest;
}

}  // namespace

std::optional<std::int64_t> read_rank_count(const Scenario& scenario, const Value& value) {
  return read_rank_count(scenario, smallest_machine(scenario), value);
}

std::optional<std::int64_t> read_rank_count(const Scenario& scenario, const MachineSpec& machine,
                                            const Value& value) {
  const auto ranks = read_integer(value, {1, kScenarioLimits.ranks});
  const std::int64_t room = rank_room(scenario, machine);
  if (!ranks || room == 0 || *ranks <= room) return ranks;
  value.complain(
      std::to_string(*ranks) + " ranks do not fit on " + machine.name + ", which has room for " +
      std::to_string(room) +
      (scenario.ranks_per_gpu == 1 ? " (\"ranks_per_gpu\" lets ranks share a GPU)" : ""));
  return std::nullopt;
}

std::optional<Bytes> read_whole_size(const Scenario& scenario, const Value& value) {
  const std::optional<Bytes> size = read_bytes(value);
  if (!size) return std::nullopt;
  const int element = models::size_of(scenario.element);
  if (size->count < element || size->count % element != 0)
    value.complain(to_text(*size) + " is not a whole number of elements of " +
                   std::to_string(element) + " bytes (" + std::string(name_of(scenario.element)) +
                   "), at least one");
  else if (*size > kScenarioLimits.bytes)
    value.complain(to_text(*size) + " is too large; at most " + to_text(kScenarioLimits.bytes));
  return size;
}

void check_points(const Scenario& scenario, const Value& root) {
  std::vector<std::size_t> lists{scenario.algorithms.size(), most_ranks(scenario),
                                 scenario.bytes.size()};
  std::string names = "algorithms x ranks x bytes";
  if (const std::size_t machines = machine_count(scenario); machines > 1) {
    lists.insert(lists.begin(), machines);
    names = "machines x " + names;
  }
  Int128 points = 1;
  std::string product;
  for (const std::size_t length : lists) {
    points *= static_cast<Int128>(std::max<std::size_t>(length, 1));
    product += (product.empty() ? "" : " x ") + std::to_string(length);
  }
  if (points <= kScenarioLimits.points) return;
  root.complain(names + " are " + product + " = " +
                std::to_string(static_cast<std::int64_t>(points)) + " points; at most " +
                std::to_string(kScenarioLimits.points) + " are run");
}

void check_groups(const Scenario& scenario, const Value& groups) {
  if (scenario.ranks.empty() || !groups.node->is_array()) return;
  int ranks = *std::ranges::min_element(scenario.ranks);
  for (const MachineSpec& machine : scenario.machines)
    for (const int own : machine.ranks) ranks = std::min(ranks, own);
  for (const Value& group : elements(groups)) {
    if (!group.node->is_array()) continue;
    for (const Value& member : elements(group))
      if (member.node->is_number_integer() && member.node->get<double>() >= ranks)
        member.complain("rank " + describe(*member.node) + " does not exist among " +
                        std::to_string(ranks) + " ranks");
  }
}

}  // namespace twinlink::scenarios
