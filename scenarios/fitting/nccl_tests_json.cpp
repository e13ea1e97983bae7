#include <nlohmann/json.hpp>

#include "scenarios/fitting/nccl_tests_text.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail(const std::string& file, const std::string& where,
                       const std::string& message) {
  throw InputError({InputIssue{where, message, file}});
}

// The collective is the program that ran: the first of `args`.
models::Operation operation_of(const Json& json, const std::string& file) {
  std::string program = json.at("args").at(0).get<std::string>();
  program.erase(0, program.find_last_of('/') + 1);
  const auto operation = nccl_operation(program);
  if (!operation) fail(file, "/args/0", "\"" + program + "\" is no collective that twinlink has");
  return *operation;
}

double time_of(const Json& result, const std::string& file, const std::string& where) {
  const Json& placed = result.at("out_of_place");
  if (!placed.contains("time"))
    fail(file, where + "/out_of_place", "no \"time\"; cpu_time is the host's (run without -C)");
  const Json& time = placed.at("time");
  if (!time.is_number() || !(time.get<double>() > 0))
    fail(file, where + "/out_of_place/time", "time " + time.dump() + " is not a positive number");
  if (placed.contains("nwrong") && placed.at("nwrong").is_number() &&
      placed.at("nwrong").get<double>() > 0)
    fail(file, where + "/out_of_place/nwrong", "a wrong result has no time");
  return time.get<double>();
}

}  // namespace

void read_nccl_tests_json(const Json& json, const std::string& file, const std::string& machine,
                          Observations& out) {
  if (machine.empty()) fail(file, "", "no machine is named; say which with --machine");
  const models::Operation operation = operation_of(json, file);
  const auto ranks = static_cast<int>(json.at("config").at("devices").size());
  if (ranks < 1) fail(file, "/config/devices", "no device: how many ranks were there?");
  std::size_t index = 0;
  for (const Json& result : json.at("results")) {
    const std::string where = "/results/" + std::to_string(index++);
    Observation o;
    o.operation = operation;
    o.row = {machine, std::string(name_of(operation)),       "nccl",
             ranks,   result.at("size").get<std::int64_t>(), time_of(result, file, where),
             0};
    o.suite = "nccl-tests " + machine;
    o.element = nccl_element(result.at("type").get<std::string>()).value_or(o.element);
    if (in_catalogue(operation, "nccl"))
      out.rows.push_back(std::move(o));
    else
      ++out.unknown;
  }
}

}  // namespace twinlink::scenarios
