#include "models/collectives/catalogue.h"

#include "models/collectives/group_frame.h"
#include "models/collectives/request_check.h"
#include "models/collectives/rows.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

// The order of `twinlink list`: by family, then as the family's file has them.
std::vector<Algorithm> all_rows() {
  std::vector<Algorithm> rows;
  for (const auto& family : {rows_all_reduce(), rows_shipped(), rows_moves(), rows_scans()})
    rows.insert(rows.end(), family.begin(), family.end());
  return rows;
}

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

// All names for the operation, for a message.
std::string names_for(Operation operation) {
  std::string names;
  for (const Algorithm& algorithm : catalogue())
    if (algorithm.operation == operation)
      names += (names.empty() ? "" : ", ") + std::string(algorithm.name);
  return names.empty() ? "none" : names;
}

std::string unknown_algorithm(Operation operation, const std::string& name) {
  std::vector<std::string> candidates;
  for (const Algorithm& algorithm : catalogue())
    if (algorithm.operation == operation) candidates.emplace_back(algorithm.name);
  const std::string near = nearest_name(name, candidates);
  std::string message = "unknown algorithm " + quoted(name) + " for " +
                        std::string(name_of(operation)) + " (there are: " + names_for(operation) +
                        ").";
  if (!near.empty()) message += " Did you mean " + quoted(near) + "?";
  return message;
}

}  // namespace

std::span<const Algorithm> catalogue() {
  static const std::vector<Algorithm> rows = all_rows();
  return rows;
}

const Algorithm& find_algorithm(Operation operation, const std::string& name) {
  for (const Algorithm& algorithm : catalogue())
    if (algorithm.operation == operation && algorithm.name == name) return algorithm;
  throw InputError(unknown_algorithm(operation, name));
}

Plan build_plan(const Algorithm& algorithm, CollectiveRequest request) {
  check_request(algorithm, request);
  request.groups = groups_of(request);
  return algorithm.build(request);
}

}  // namespace twinlink::models
