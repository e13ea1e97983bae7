// twinlink validate [FILE...]: how far predictions are from measurements.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "scenarios/cli/verbs.h"
#include "scenarios/files/read_file.h"
#include "scenarios/fitting/calibration_run.h"
#include "scenarios/fitting/validation.h"
#include "scenarios/machine.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

struct ValidateFlags {
  std::vector<std::string> files, constants, without;
  std::string profile, machine, gates, output;
  bool json = false, refit = false, rows = false;
};

// All that comes with the program; with a profile, what is of its machine.
Observations shipped_observations(const std::string& profile) {
  Observations all = published_observations();
  all.append(measured_observations());
  if (profile.empty()) return all;
  const std::string name = resolve_profile({}, profile, {}).name;
  std::erase_if(all.rows, [&](const Observation& o) { return o.row.machine != name; });
  if (all.rows.empty())
    throw UsageError(fmt::format("no row that comes with twinlink is of machine \"{}\"", name));
  return all;
}

Observations observations_of(const ValidateFlags& flags) {
  if (flags.files.empty()) return shipped_observations(flags.profile);
  Observations all;
  for (const std::string& file : flags.files)
    all.append(read_observations(read_input(file), file, flags.machine));
  return all;
}

std::string row_table(const std::vector<Observation>& rows) {
  std::string text =
      fmt::format("{:12} {:14} {:20} {:>5} {:>12} {:>10} {:>10} {:>7}\n", "machine", "operation",
                  "algorithm", "ranks", "bytes", "measured", "predicted", "error");
  for (const Observation& o : rows)
    text += fmt::format("{:12} {:14} {:20} {:>5} {:>12} {:>10.2f} {:>10.2f} {:>+6.1f}%\n",
                        o.row.machine, o.row.operation, o.row.algorithm, o.row.ranks, o.row.bytes,
                        o.row.measured_us, o.row.predicted_us,
                        100 * (o.row.predicted_us / o.row.measured_us - 1));
  return text;
}

std::string text_of(const ValidateFlags& flags, const Validation& validation) {
  if (!flags.json)
    return verdict_table(validation.verdicts) +
           (flags.rows ? "\n" + row_table(validation.rows) : "");
  std::string text;
  for (const Verdict& verdict : validation.verdicts) text += to_json_line(verdict) + "\n";
  return text;
}

// The gates of the shipped data hold for all of them and the shipped profiles only.
std::string gate_file(const ValidateFlags& flags) {
  if (!flags.gates.empty()) return flags.gates;
  if (!flags.files.empty() || !flags.profile.empty() || !flags.without.empty()) return "";
  return find_data("profiles/gates.json").string();
}

// Constants that do not exist are refused even where nothing is fitted.
std::vector<std::string> fittable_or_all(const ValidateFlags& flags) {
  return flags.constants.empty() ? flags.constants : fittable_constants(flags.constants);
}

int act(const ValidateFlags& flags, Session& session) {
  Observations observations = observations_of(flags);
  leave_out(observations, flags.without);
  const Validation validation =
      validate(observations, {flags.refit, flags.profile, fittable_or_all(flags)});
  if (observations.unknown > 0)
    session.note(fmt::format("{} rows of algorithms that twinlink does not have are left out",
                             observations.unknown));
  for (const auto& [why, count] : observations.left_out)
    session.note(fmt::format("{} sets are left out: {}", count, why));
  session.deliver(text_of(flags, validation), flags.output);
  const std::string gates = gate_file(flags);
  if (gates.empty()) return kOk;
  const auto failed = failed_gates(read_input(gates), gates, validation.verdicts);
  for (const std::string& sentence : failed) session.note("gate: " + sentence);
  return failed.empty() ? kOk : kFailed;
}

}  // namespace

void add_validate(CLI::App& app, Session& session) {
  auto flags = std::make_shared<ValidateFlags>();
  CLI::App* verb =
      app.add_subcommand("validate", "Predicted against measured: errors, bias, choices");
  verb->add_option("FILES", flags->files,
                   "Measurements: suites, results, published records, nccl-tests logs or tables "
                   "(default: the records and measurements that come with twinlink; with "
                   "--profile, those of its machine)");
  verb->add_option("--profile", flags->profile, "Profile for every suite (default: the machine's)");
  verb->add_option("--machine", flags->machine, "Machine of files that do not name one");
  verb->add_option("--gates", flags->gates, "File of limits; exit code 3 if one does not hold");
  CLI::Option* refit = verb->add_flag("--refit", flags->refit,
                                      "Also fit to a part of the rows and judge on the others");
  verb->add_option("--fit", flags->constants, "Constants to refit (default: all that matter)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(refit);
  verb->add_option("--without", flags->without, "Algorithms whose rows are left out (nccl)")
      ->delimiter(',')
      ->allow_extra_args(false);
  verb->add_flag("--rows", flags->rows, "Every row, predicted beside measured");
  verb->add_flag("--json", flags->json, "One JSON object per suite, split and model");
  verb->add_option("-o,--output", flags->output, "Write to this file instead of stdout");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
