// twinlink run FILE: every point of a scenario.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "scenarios/cli/run_output.h"
#include "scenarios/cli/run_text.h"
#include "scenarios/cli/verbs.h"
#include "scenarios/machine.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

struct RunFlags {
  std::string file, executor, mode;
  std::vector<std::string> set;
  OutputChoice output;
};

// A file, or the name of a study of the library.
std::string scenario_path(const std::string& name) {
  if (name == "-" || std::filesystem::exists(name) || is_file_name(name)) return name;
  const std::filesystem::path study = find_data("library/" + name + ".json");
  if (!study.empty()) return study.string();
  throw UsageError(fmt::format("no file and no study of the library is called \"{}\".{}", name,
                               suggestion(name, data_names("library"))));
}

int act(const RunFlags& flags, Session& session) {
  const std::string path = scenario_path(flags.file);
  std::vector<std::string> overrides = flags.set;
  if (!flags.executor.empty())
    overrides.push_back(fmt::format("/executor={}", name_of(parse_executor(flags.executor))));
  if (!flags.mode.empty()) overrides.push_back("/params/mode=" + flags.mode);
  const Scenario scenario =
      read_scenario(read_input(path), path == "-" ? "stdin" : path, overrides);
  join_processes(scenario, session);
  const Run run = run_and_trace(scenario, {}, flags.output, session);
  const std::string text = flags.output.json ? "" : run_text(scenario, run);
  return finish(scenario, run, flags.output, text, session);
}

}  // namespace

void add_run(CLI::App& app, Session& session) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* verb = app.add_subcommand("run", "Run every point of a scenario");
  verb->add_option("FILE", flags->file, "Scenario file, a study's name (twinlink list), or -")
      ->required();
  verb->add_option("--set", flags->set,
                   "Change a field before the scenario is checked: /pointer=value")
      ->expected(1)
      ->take_all();
  verb->add_option("--executor", flags->executor, "sim, host or realgpu; overrides the scenario");
  verb->add_option("--mode", flags->mode,
                   "How realgpu runs plans: fused or stream [fused if possible]")
      ->check(CLI::IsMember({"fused", "stream"}));
  verb->add_flag("--json", flags->output.json, "Results as one JSON object");
  verb->add_option("--trace", flags->output.trace_file,
                   "Write the timeline as Chrome JSON (one file per point if there are several)");
  verb->add_option("-o,--output", flags->output.results_file,
                   "Also write the results as JSON here");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
