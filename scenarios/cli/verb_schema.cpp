// twinlink schema [KIND]: the JSON schemas of our file formats, for editors.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "scenarios/cli/verbs.h"
#include "scenarios/files/read_file.h"
#include "scenarios/machine.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

constexpr std::string_view kEnding = "-1.schema";

// "scenario" of "scenario-1.schema.json".
std::vector<std::string> kinds() {
  std::vector<std::string> out;
  for (const std::string& name : data_names("schema"))
    if (name.ends_with(kEnding)) out.push_back(name.substr(0, name.size() - kEnding.size()));
  return out;
}

int act(const std::string& kind, Session& session) {
  const auto path = find_data(fmt::format("schema/{}{}.json", kind, kEnding));
  if (path.empty())
    throw UsageError(fmt::format("no schema \"{}\".{}", kind, suggestion(kind, kinds())));
  session.out = read_file(path);
  return kOk;
}

}  // namespace

void add_schema(CLI::App& app, Session& session) {
  auto kind = std::make_shared<std::string>("scenario");
  CLI::App* verb = app.add_subcommand("schema", "Print the JSON schema of a file format");
  verb->add_option("KIND", *kind,
                   "scenario, topology, profile, plan, result, measurement, model or gates")
      ->capture_default_str();
  verb->callback(
      [kind, &session] { session.action = [kind, &session] { return act(*kind, session); }; });
}

}  // namespace twinlink::scenarios::cli
