// twinlink list: machines, operations, algorithms and the studies of the library.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/collectives/catalogue.h"
#include "scenarios/cli/verbs.h"
#include "scenarios/files/read_file.h"
#include "scenarios/machine.h"
#include "topology/error.h"
#include "topology/presets.h"

namespace twinlink::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ListFlags {
  std::string kind;
  bool json = false;
};

Json machines() {
  Json rows = Json::array();
  for (const topology::Preset& preset : topology::presets()) {
    Json row;
    row["name"] = preset.name;
    row["gpus"] = preset.gpus > 0 ? Json(preset.gpus) : Json();
    row["profile"] = preset.profile;
    row["help"] = preset.help;
    rows.push_back(std::move(row));
  }
  return rows;
}

bool has_algorithm(models::Operation operation) {
  for (const models::Algorithm& algorithm : models::catalogue())
    if (algorithm.operation == operation) return true;
  return false;
}

// Operations without an algorithm cannot be run: they are not listed.
Json operations() {
  Json rows = Json::array();
  for (const auto& word : models::words(models::Operation{}))
    if (has_algorithm(word.value)) rows.push_back({{"name", word.name}, {"help", word.help}});
  return rows;
}

Json algorithms() {
  Json rows = Json::array();
  for (const models::Algorithm& algorithm : models::catalogue()) {
    Json row;
    row["name"] = algorithm.name;
    row["operation"] = models::name_of(algorithm.operation);
    row["help"] = algorithm.help;
    row["closed_form"] = algorithm.closed_form_text;
    row["source"] = algorithm.source;
    row["wrong_from_ranks"] = algorithm.wrong_from > 0 ? Json(algorithm.wrong_from) : Json();
    rows.push_back(std::move(row));
  }
  return rows;
}

Json studies() {
  Json rows = Json::array();
  for (const std::string& name : data_names("library")) {
    const auto path = find_data("library/" + name + ".json");
    const Json study = Json::parse(read_file(path), nullptr, false, true);
    Json row;
    row["name"] = name;
    row["help"] = study.is_object() ? study.value("question", "") : "";
    row["file"] = path.string();
    rows.push_back(std::move(row));
  }
  return rows;
}

struct Section {
  const char* name;
  Json (*rows)();
};
constexpr Section kSections[] = {{"machines", machines},
                                 {"operations", operations},
                                 {"algorithms", algorithms},
                                 {"scenarios", studies}};

std::string label(const Json& row) {
  if (row.contains("operation")) return row["operation"].get<std::string>();
  if (row.contains("gpus"))
    return row["gpus"].is_null() ? "any GPUs" : row["gpus"].dump() + " GPUs";
  return "";
}

std::string text_of(const Section& section) {
  std::string out = fmt::format("{}\n", section.name);
  for (const Json& row : section.rows()) {
    const std::string kind = label(row);
    out += fmt::format("  {:<22} {}{}{}\n", row["name"].get<std::string>(), kind,
                       kind.empty() ? "" : ": ", row["help"].get<std::string>());
  }
  return out;
}

int act(const ListFlags& flags, Session& session) {
  std::vector<std::string> names;
  Json all;
  std::string text;
  for (const Section& section : kSections) {
    names.emplace_back(section.name);
    if (!flags.kind.empty() && flags.kind != section.name) continue;
    if (flags.json)
      all[section.name] = section.rows();
    else
      text += (text.empty() ? "" : "\n") + text_of(section);
  }
  if (all.empty() && text.empty())
    throw UsageError(
        fmt::format("nothing to list called \"{}\".{}", flags.kind, suggestion(flags.kind, names)));
  session.out = flags.json ? all.dump(2) + "\n" : text;
  return kOk;
}

}  // namespace

void add_list(CLI::App& app, Session& session) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* verb = app.add_subcommand("list", "List machines, operations, algorithms, scenarios");
  verb->add_option("WHAT", flags->kind, "machines, operations, algorithms or scenarios [all]");
  verb->add_flag("--json", flags->json, "As one JSON object");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
