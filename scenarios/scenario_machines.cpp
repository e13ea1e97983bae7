// The machines of a scenario, one scenario each (declared in run.h).
#include <fmt/format.h>

#include "scenarios/run.h"
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {
namespace {

// The machine of the list or object, in each state that it is asked for.
void add_machine(const Scenario& scenario, const MachineSpec& machine, std::vector<Scenario>& all) {
  Scenario one = scenario;
  one.machines.clear();
  one.machine = machine;
  one.machine.alternatives.clear();
  if (!machine.ranks.empty()) one.ranks = machine.ranks;
  for (std::size_t i = 0; i < machine.alternatives.size(); ++i) {
    all.push_back(one);
    all.back().machine.degrade = machine.alternatives[i];
    all.back().machine.degrade_at += "/" + std::to_string(i);
  }
  if (machine.alternatives.empty()) all.push_back(std::move(one));
}

}  // namespace

std::vector<Scenario> machines_of(const Scenario& scenario) {
  std::vector<Scenario> all;
  if (scenario.machines.empty()) add_machine(scenario, scenario.machine, all);
  for (const MachineSpec& machine : scenario.machines) add_machine(scenario, machine, all);
  return all;
}

std::size_t points_of(const Scenario& scenario) {
  std::size_t points = 0;
  for (const Scenario& machine : machines_of(scenario))
    points += machine.workload
                  ? machine.workload->points()
                  : machine.algorithms.size() * machine.ranks.size() * machine.bytes.size();
  return points;
}

std::string variant_of(const Scenario& scenario) {
  std::string text;
  for (const topology::Degradation& d : scenario.machine.degrade)
    text += fmt::format("{}{}:{}:{}", text.empty() ? "degrade " : ", ", d.from, d.to, d.factor);
  return text;
}

}  // namespace twinlink::scenarios
