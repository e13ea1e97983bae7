#include "scenarios/cli/words.h"

#include <algorithm>
#include <sstream>

#include "models/collectives/catalogue.h"
#include "scenarios/machine.h"
#include "scenarios/policy.h"
#include "topology/presets.h"

namespace twinlink::scenarios::cli {
namespace {

std::vector<std::string> algorithms_of(models::Operation operation) {
  std::vector<std::string> names;
  for (const models::Algorithm& algorithm : models::catalogue())
    if (algorithm.operation == operation) names.emplace_back(algorithm.name);
  return names;
}

// A policy is a name too where algorithms are run, not where one plan is built.
void check_algorithm(models::Operation operation, const std::string& name, bool or_policy) {
  std::vector<std::string> names = algorithms_of(operation);
  for (const Policy& policy : policies())
    if (or_policy && policy.operation == operation) names.emplace_back(policy.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  throw UsageError(fmt::format("no algorithm \"{}\" for {}.{}", name, models::name_of(operation),
                               suggestion(name, names)));
}

}  // namespace

void check_machine(const std::string& name) {
  if (is_file_name(name) || topology::find_preset(name)) return;
  if (const std::string wrong = topology::wrong_number(name); !wrong.empty())
    throw UsageError(wrong);
  throw UsageError(
      fmt::format("no machine \"{}\".{}", name, suggestion(name, topology::preset_names(name))));
}

models::ElementType parse_element(const std::string& text) {
  if (text == "float") return models::ElementType::fp32;
  if (text == "double") return models::ElementType::fp64;
  if (text == "half") return models::ElementType::fp16;
  if (text == "bfloat16") return models::ElementType::bf16;
  return parse_word<models::ElementType>("element type", text);
}

std::vector<std::string> parse_algorithms(models::Operation operation, const std::string& text) {
  std::vector<std::string> names;
  std::istringstream list(text);
  for (std::string name; std::getline(list, name, ',');) {
    if (name != "all") check_algorithm(operation, name, true);
    for (const std::string& one : name == "all" ? algorithms_of(operation) : std::vector{name})
      if (std::ranges::find(names, one) == names.end()) names.push_back(one);
  }
  if (names.empty()) names = algorithms_of(operation);
  if (names.empty())
    throw UnsupportedError(
        fmt::format("no algorithm for {} is built in yet", models::name_of(operation)));
  return names;
}

models::Operation operation_of(const std::string& algorithm, const std::string& operation) {
  if (!operation.empty()) {
    const auto wanted = parse_word<models::Operation>("operation", operation);
    check_algorithm(wanted, algorithm, false);
    return wanted;
  }
  std::vector<models::Operation> found;
  std::vector<std::string> names, operations;
  for (const models::Algorithm& a : models::catalogue()) {
    names.emplace_back(a.name);
    if (a.name != algorithm) continue;
    found.push_back(a.operation);
    operations.emplace_back(models::name_of(a.operation));
  }
  if (found.size() == 1) return found.front();
  // A name alone means the all-reduce, or the exclusive scan where both forms of scan have it.
  for (const models::Operation usual : {models::Operation::all_reduce, models::Operation::exscan})
    if (std::find(found.begin(), found.end(), usual) != found.end()) return usual;
  if (found.empty())
    throw UsageError(
        fmt::format("no algorithm \"{}\".{}", algorithm, suggestion(algorithm, names)));
  throw UsageError(fmt::format("several operations have an algorithm \"{}\": {}. Say --operation.",
                               algorithm, fmt::join(operations, ", ")));
}

}  // namespace twinlink::scenarios::cli
