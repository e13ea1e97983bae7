// Assertions of a scenario against its results (declared in run.h).
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/run.h"

namespace twinlink::scenarios {
namespace {

using Json = nlohmann::ordered_json;

Json to_json_value(const Assertion::Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

// Numbers by value, so that 72 equals 72.0.
bool equal(const Json& found, const Assertion::Value& wanted) {
  const Json want = to_json_value(wanted);
  if (found.is_number() && want.is_number()) return found.get<double>() == want.get<double>();
  return found == want;
}

bool selects(const Assertion& assertion, const Json& row) {
  for (const auto& [field, value] : assertion.where)
    if (!row.contains(field) || !equal(row[field], value)) return false;
  return true;
}

std::string broken(const Assertion& assertion, const Json& row) {
  const Json found = row.contains(assertion.field) ? row[assertion.field] : Json();
  if (assertion.equals && !equal(found, *assertion.equals))
    return fmt::format("is {}, must be {}", found.dump(), to_json_value(*assertion.equals).dump());
  if (!assertion.min && !assertion.max) return "";
  if (!found.is_number()) return fmt::format("is {}, must be a number", found.dump());
  if (assertion.min && found.get<double>() < *assertion.min)
    return fmt::format("is {}, must be at least {}", found.dump(), *assertion.min);
  if (assertion.max && found.get<double>() > *assertion.max)
    return fmt::format("is {}, must be at most {}", found.dump(), *assertion.max);
  return "";
}

struct Row {
  Json fields;
  std::string name;
};

std::vector<std::string> failures(const Assertion& assertion, const std::vector<Row>& rows) {
  std::vector<std::string> out;
  bool any = false;
  for (const auto& [row, name] : rows) {
    if (!selects(assertion, row)) continue;
    any = true;
    const std::string what = broken(assertion, row);
    if (!what.empty())
      out.push_back(
          fmt::format("assertion {}: {} of {} {}", assertion.pointer, assertion.field, name, what));
  }
  if (!any)
    out.push_back(fmt::format("assertion {}: no result matches its \"where\"", assertion.pointer));
  return out;
}

}  // namespace

std::vector<std::string> failed_assertions(const Scenario& scenario,
                                           const std::vector<Result>& results) {
  std::vector<Row> rows;
  if (!scenario.assertions.empty())
    for (const Result& result : results) rows.push_back({to_json(result), row_name(result)});
  std::vector<std::string> out;
  for (const Assertion& assertion : scenario.assertions)
    for (std::string& text : failures(assertion, rows)) out.push_back(std::move(text));
  return out;
}

}  // namespace twinlink::scenarios
