// Where results come from, and what could make them wrong.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "scenarios/files/read_file.h"
#include "scenarios/machine.h"
#include "scenarios/report/report.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

struct Origin {
  std::string question = "not in the results", command = "not known: no study has this hash";
};

// A study of that name whose text has the hash of the results, as it is or on their executor.
Origin origin_of(const Result& row) {
  const auto path = find_data("library/" + row.scenario + ".json");
  if (path.empty()) return {};
  const std::string text = read_file(path), executor = std::string(name_of(row.executor));
  const std::vector<std::string> changes[] = {{}, {"/executor=" + executor}};
  for (const auto& change : changes) {
    const Scenario study = read_scenario(text, path.string(), change);
    if (study.hash != row.scenario_hash) continue;
    const std::string option = change.empty() ? "" : " --executor " + executor;
    return {study.question, fmt::format("`twinlink run {}{} --json`", row.scenario, option)};
  }
  return {};
}

void add_to(std::string& list, const std::string& item) {
  list += (list.empty() ? "" : ", ") + item;
}

std::string joined(const std::set<std::string>& items) {
  std::string out;
  for (const std::string& item : items) add_to(out, item);
  return out;
}

// Constants of a profile that nobody measured or fitted; empty if there is no such profile.
std::string assumed_constants(const std::string& profile) try {
  const models::CalibrationProfile p = resolve_profile({}, profile, {});
  std::string names;
  for (const models::ConstantTraits& constant : models::constant_table())
    if ((p.*constant.field).provenance == Provenance::assumed)
      add_to(names, std::string(constant.name));
  return names;
} catch (const InputError&) {
  return "";
}

template <class Predicate>
std::string share(const std::vector<Result>& rows, Predicate which) {
  return fmt::format("{} of {} rows", std::ranges::count_if(rows, which), rows.size());
}

std::string wrong_answers(const std::vector<Result>& rows) {
  std::string out;
  std::set<std::string> told;
  for (const Result& row : rows)
    if (!row.correct.value_or(true) && told.insert(row.machine + "/" + row.algorithm).second)
      out += fmt::format("- Wrong answer: {} on {}: {}\n", row_name(row), row.machine, row.reason);
  return out;
}

std::string unmodelled(const std::vector<Result>& rows) {
  std::set<std::string> names;
  for (const Result& row : rows)
    if (row.published)
      names.insert(row.published->unmodelled.begin(), row.published->unmodelled.end());
  return names.empty() ? "" : "- Published figures that are not modelled: " + joined(names) + ".\n";
}

}  // namespace

std::string origin_section(const std::vector<Result>& rows) {
  std::map<std::string, std::vector<const Result*>> runs;
  for (const Result& row : rows) runs[row.scenario + "/" + row.scenario_hash].push_back(&row);
  std::string out;
  for (const auto& [key, of_run] : runs) {
    std::set<std::string> machines, profiles, versions, seeds, executors;
    for (const Result* row : of_run) {
      machines.insert(row->machine), profiles.insert(row->profile), versions.insert(row->version);
      seeds.insert(std::to_string(row->seed)),
          executors.insert(std::string(name_of(row->executor)));
    }
    const Origin origin = origin_of(*of_run.front());
    out += fmt::format(
        "## {}\n\nQuestion: {}\n\n| | |\n| --- | --- |\n| command | {} |\n| scenario hash | {} |\n"
        "| seed | {} |\n| version | {} |\n| machine | {} |\n| profile | {} |\n| executor | {} |\n"
        "| rows | {} |\n\n",
        of_run.front()->scenario, cell(origin.question), origin.command,
        of_run.front()->scenario_hash, joined(seeds), joined(versions), joined(machines),
        joined(profiles), joined(executors), of_run.size());
  }
  return out;
}

std::string threat_section(const std::vector<Result>& rows, const std::vector<Pair>& pairs) {
  std::string out = "## Threats\n\n";
  std::set<std::string> profiles, records, kinds;
  for (const Result& row : rows) {
    profiles.insert(row.profile);
    if (!row.published) continue;
    records.insert(row.published->record), kinds.insert(row.published->kind);
  }
  out += fmt::format(
      "- {} use an assumed constant; {} are extrapolated, outside what was calibrated.\n",
      share(rows, [](const Result& row) { return row.provenance == "assumed"; }),
      share(rows, [](const Result& row) { return row.extrapolated; }));
  for (const std::string& profile : profiles)
    if (const std::string names = assumed_constants(profile); !names.empty())
      out += fmt::format("- Assumed constants of profile {}: {}.\n", profile, names);
  out += unmodelled(rows) + wrong_answers(rows);
  if (std::ranges::any_of(rows, [](const Result& row) { return !row.correct; }))
    out += fmt::format("- {} were not checked.\n",
                       share(rows, [](const Result& row) { return !row.correct; }));
  if (!records.empty())
    out += fmt::format("- Published rows ({}): {}.\n", joined(kinds), joined(records));
  if (!pairs.empty())
    out +=
        "- Rows may have been used to fit the profile: the errors are not of held-out rows "
        "(`twinlink validate --refit` gives those).\n";
  return out;
}

}  // namespace twinlink::scenarios
