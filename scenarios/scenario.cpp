#include "scenarios/scenario.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "scenarios/json/object_reader.h"
#include "scenarios/policy.h"
#include "scenarios/scenario_fields.h"
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {
namespace {

constexpr std::array kExecutors{
    models::Word{ExecutorKind::sim, "sim", "simulated time"},
    models::Word{ExecutorKind::host, "host", "numbers on host arrays"},
    models::Word{ExecutorKind::realgpu, "realgpu", "measured on GPUs"},
};

std::string fnv1a(const std::string& text) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x0000'0100'0000'01b3;
  }
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(hash >> shift) & 0xF];
  return digits;
}

std::optional<ExecutorKind> read_executor_kind(const Value& value) {
  std::vector<std::string> names;
  for (const auto& word : kExecutors) names.emplace_back(word.name);
  const std::optional<std::string> name = read_name(value, "executor", names);
  if (!name) return std::nullopt;
  return std::ranges::find(kExecutors, *name, &models::Word<ExecutorKind>::name)->value;
}

std::vector<std::string> algorithms_of(models::Operation operation) {
  std::vector<std::string> names;
  for (const models::Algorithm& algorithm : models::catalogue())
    if (algorithm.operation == operation) names.emplace_back(algorithm.name);
  return names;
}

std::vector<std::string> operations_with_algorithms() {
  std::vector<std::string> names;
  for (const auto& word : models::words(models::Operation{}))
    if (!algorithms_of(word.value).empty()) names.emplace_back(word.name);
  return names;
}

void read_algorithms(Scenario& scenario, const Value& value) {
  std::vector<std::string> known = algorithms_of(scenario.operation);
  if (value.node->is_string() && value.node->get<std::string>() == "all") {
    scenario.algorithms = known;
    return;
  }
  for (const Policy& policy : policies())
    if (policy.operation == scenario.operation) known.emplace_back(policy.name);
  const std::string what = std::string(name_of(scenario.operation)) + " algorithm";
  set_many(scenario.algorithms, value,
           [&](const Value& element) { return read_name(element, what, known); });
}

void read_operation(Scenario& scenario, ObjectReader& object) {
  const auto value = object.required("operation");
  const auto algorithms = object.required("algorithms");
  if (!value) return;
  const auto operation = read_word<models::Operation>(*value, "operation");
  if (!operation) return;
  scenario.operation = *operation;
  if (algorithms_of(*operation).empty())
    value->complain("there is no algorithm for " + std::string(name_of(*operation)) +
                    " yet; there are for " + join(operations_with_algorithms()));
  else if (algorithms)
    read_algorithms(scenario, *algorithms);
}

void read_points(Scenario& scenario, ObjectReader& object) {
  set_many(scenario.ranks, object.required("ranks"),
           [&](const Value& v) { return read_rank_count(scenario, v); });
  set_many(scenario.bytes, object.required("bytes"),
           [&](const Value& v) { return read_whole_size(scenario, v); });
  if (const auto groups = object.optional("groups")) {
    read_groups(scenario.groups, *groups);
    check_groups(scenario, *groups);
  }
  check_points(scenario, object.value());
}

void read_options(Scenario& scenario, ObjectReader& object) {
  set(scenario.question, object.optional("question"), read_string);
  set(scenario.profile, object.optional("profile"), read_string);
  set(scenario.executor, object.optional("executor"), read_executor_kind);
  set(scenario.element, object.optional("element"),
      [](const Value& v) { return read_word<models::ElementType>(v, "element type"); });
  set(scenario.launch, object.optional("launch"),
      [](const Value& v) { return read_word<models::LaunchMode>(v, "launch mode"); });
  set(scenario.ranks_per_gpu, object.optional("ranks_per_gpu"), [](const Value& v) {
    return read_integer(v, {1, 64});
  });
  set(scenario.seed, object.optional("seed"), [](const Value& v) {
    return read_integer(v, {0, IntegerRange{}.max});
  });
}

void read_workload(Scenario& scenario, const Value& value) {
  ObjectReader object(value);
  std::vector<std::string> known;
  for (const WorkloadKind& kind : workload_kinds()) known.emplace_back(kind.name);
  const auto kind = object.optional("kind");
  if (!kind && value.node->is_object())
    value.complain(fmt::format("\"kind\" is missing; known are {}", fmt::join(known, ", ")));
  if (!kind) return;
  if (const auto name = read_name(*kind, "workload", known)) {
    scenario.workload_kind = *name;
    scenario.workload = find_workload_kind(*name)->read(object);
    object.finish();
  }
}

// What assertions may name.
std::vector<ResultField> fields_of(const Scenario& scenario) {
  const std::span<const ResultField> common = result_fields();
  std::vector<ResultField> fields(common.begin(), common.end());
  if (const WorkloadKind* kind = find_workload_kind(scenario.workload_kind))
    fields.insert(fields.end(), kind->fields.begin(), kind->fields.end());
  return fields;
}

void read_objects(Scenario& scenario, ObjectReader& object) {
  if (const auto value = object.required("machine")) read_machines(scenario, *value);
  if (const auto value = object.optional("workload")) read_workload(scenario, *value);
  if (const auto value = object.optional("assert"))
    read_assertions(scenario.assertions, *value, fields_of(scenario));
}

// What is run: a workload has it all inside, else operation, algorithms and points.
void read_work(Scenario& scenario, ObjectReader& object) {
  if (object.value().node->contains("workload")) return;
  const auto params = object.optional("params");
  if (params) read_params(scenario.params, *params);
  read_operation(scenario, object);
  read_points(scenario, object);
  if (params) check_params(scenario, *params);
}

}  // namespace

Scenario read_scenario(const std::string& text, const std::string& file,
                       const std::vector<std::string>& overrides) {
  Document document(text, file);
  for (const std::string& assignment : overrides) document.override_field(assignment);
  Scenario scenario;
  scenario.name = std::filesystem::path(file).stem().string();
  scenario.file = file;
  scenario.hash =
      fnv1a(document.tree().dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
  ObjectReader object(document.root());
  check_schema(object, "scenario", 1);
  read_options(scenario, object);
  read_objects(scenario, object);
  read_work(scenario, object);
  object.finish();
  document.throw_if_any();
  return scenario;
}

}  // namespace twinlink::scenarios
