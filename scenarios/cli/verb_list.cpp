// twinlink list: machines, operations, algorithms and the studies of the library.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/collectives/catalogue.h"
#include "scenarios/cli/long_list.h"
#include "scenarios/cli/verbs.h"
#include "scenarios/files/read_file.h"
#include "scenarios/machine.h"
#include "scenarios/policy.h"
#include "scenarios/scenario.h"
#include "scenarios/workloads/workload.h"
#include "topology/error.h"
#include "topology/presets.h"

namespace twinlink::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ListFlags {
  std::string kind, bytes = "1M";
  int ranks = 8;
  bool json = false, detailed = false, markdown = false;
};

Json machines() {
  Json rows = Json::array();
  for (const topology::Preset& preset : topology::presets()) {
    Json row;
    row["name"] = preset.name;
    const bool fixed = preset.gpus > 0 && preset.most_units == 0;
    row["gpus"] = fixed ? Json(preset.gpus) : Json();
    if (preset.most_units > 0) {
      row["gpus_per_unit"] = preset.gpus;
      row["most_units"] = preset.most_units;
    }
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

Json policy_rows() {
  Json rows = Json::array();
  for (const Policy& policy : policies())
    rows.push_back({{"name", policy.name},
                    {"operation", models::name_of(policy.operation)},
                    {"help", policy.help},
                    {"source", policy.source}});
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

Json workloads() {
  Json rows = Json::array();
  for (const WorkloadKind& kind : workload_kinds()) {
    Json row{{"name", kind.name}, {"help", kind.help}, {"fields", Json::array()}};
    for (const ResultField& field : kind.fields)
      row["fields"].push_back({{"name", field.name}, {"help", field.help}});
    rows.push_back(std::move(row));
  }
  return rows;
}

struct Section {
  const char* name;
  Json (*rows)();
};
constexpr Section kSections[] = {{"machines", machines},     {"operations", operations},
                                 {"algorithms", algorithms}, {"policies", policy_rows},
                                 {"workloads", workloads},   {"scenarios", studies}};

std::string label(const Json& row) {
  if (row.contains("operation")) return row["operation"].get<std::string>();
  if (row.contains("gpus_per_unit")) return fmt::format("N x {} GPUs", row["gpus_per_unit"].dump());
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

LongChoice long_choice(const ListFlags& flags) {
  return {flags.ranks, parse_nccl_size(flags.bytes)};
}

int act_long(const ListFlags& flags, Session& session) {
  if (!flags.kind.empty() && flags.kind != "algorithms")
    throw UsageError("--long is for algorithms, not for " + flags.kind);
  if (flags.json && flags.markdown) throw UsageError("--json and --markdown exclude each other");
  const LongChoice choice = long_choice(flags);
  if (!flags.json) {
    session.out = flags.markdown ? long_markdown(choice) : long_text(choice);
    return kOk;
  }
  Json rows = algorithms();
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i].update(long_json(models::catalogue()[i], choice));
  session.out = Json{{"algorithms", std::move(rows)}}.dump(2) + "\n";
  return kOk;
}

int act(const ListFlags& flags, Session& session) {
  if (flags.detailed) return act_long(flags, session);
  if (flags.markdown) throw UsageError("--markdown goes with --long");
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
  verb->add_option("WHAT", flags->kind,
                   "machines, operations, algorithms, policies or scenarios [all]");
  verb->add_flag("--json", flags->json, "As one JSON object");
  verb->add_flag("--long", flags->detailed, "Algorithms with their counts and closed forms");
  verb->add_option("-g,--ranks", flags->ranks, "With --long: ranks")
      ->check(CLI::Range(1, models::kPlanLimits.ranks))
      ->capture_default_str();
  verb->add_option("-b,--bytes", flags->bytes, "With --long: size as in coll")
      ->capture_default_str();
  verb->add_flag("--markdown", flags->markdown, "With --long: as in docs/algorithms.md");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
