// twinlink calibrate FILE... -o PROFILE: constants of a machine from measurements.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <set>

#include "scenarios/cli/verbs.h"
#include "scenarios/files/profile_json.h"
#include "scenarios/fitting/calibration_run.h"
#include "scenarios/fitting/held_out.h"
#include "scenarios/machine.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

struct CalibrateFlags {
  std::vector<std::string> files, constants, without;
  std::string machine, base, output, hold = "none";
};

// The rows of one machine, which must be the only one or the one asked for.
std::vector<Observation> rows_of(const CalibrateFlags& flags, Session& session) {
  std::vector<Observation> rows;
  std::set<std::string> machines;
  Observations all;
  for (const std::string& file : flags.files)
    all.append(read_observations(read_input(file), file, flags.machine));
  leave_out(all, flags.without);
  for (const Observation& row : all.rows) {
    machines.insert(row.row.machine);
    if (flags.machine.empty() || row.row.machine == flags.machine) rows.push_back(row);
  }
  if (all.unknown > 0)
    session.note(fmt::format("{} rows of unknown algorithms are left out", all.unknown));
  for (const auto& [why, count] : all.left_out)
    session.note(fmt::format("{} sets are left out: {}", count, why));
  const std::vector<std::string> names(machines.begin(), machines.end());
  if (rows.empty())
    throw UsageError(fmt::format("no row is of machine \"{}\"; there are: {}", flags.machine,
                                 fmt::join(names, ", ")));
  if (flags.machine.empty() && machines.size() > 1)
    throw UsageError(fmt::format("the files hold several machines ({}); choose one with --machine",
                                 fmt::join(names, ", ")));
  return rows;
}

std::string report(const CalibrationOutcome& outcome, const std::vector<Observation>& rows) {
  std::string text =
      fmt::format("{} rows; {} constants\n", rows.size(), outcome.fit.estimates.size());
  for (const analysis::Estimate& e : outcome.fit.estimates)
    text += e.identified
                ? fmt::format("  {:18} {:>10.4g} +- {:.0f} %\n", e.name, e.value, 100 * e.spread)
                : fmt::format("  {:18} {:>10.4g} (kept)\n", e.name, e.value);
  for (const std::string& remark : outcome.fit.remarks) text += "  " + remark + "\n";
  return text;
}

analysis::Split split_of(const std::string& name) {
  std::vector<std::string> names;
  for (const analysis::Split split : analysis::all_splits()) {
    names.emplace_back(name_of(split));
    if (names.back() == name) return split;
  }
  throw UsageError("\"" + name + "\" is no way to hold rows back." + did_you_mean(name, names));
}

int act(const CalibrateFlags& flags, Session& session) {
  const analysis::Split split = split_of(flags.hold);
  const Halves halves = hold_out(rows_of(flags, session), split);
  const std::vector<Observation>& rows = halves.fit;
  const Predictor predictor(rows.front().row.machine, rows);
  models::CalibrationProfile base = predictor.own_profile();
  if (!flags.base.empty())
    base = resolve_profile({.name = rows.front().row.machine, .inline_json = "", .degrade = {}},
                           flags.base, {});
  const std::string source =
      fmt::format("fitted to {} rows of {}", rows.size(), fmt::join(flags.files, ", "));
  CalibrationOutcome outcome = calibrate(predictor, rows, base, {flags.constants, {}}, source);
  session.note(report(outcome, rows));
  session.note(verdict_table(judge_halves(halves, split, outcome.profile)));
  outcome.profile.about = fmt::format("{} Calibrated: {}.", base.about, source);
  session.deliver(write_profile(outcome.profile), flags.output);
  return kOk;
}

}  // namespace

void add_calibrate(CLI::App& app, Session& session) {
  auto flags = std::make_shared<CalibrateFlags>();
  CLI::App* verb = app.add_subcommand("calibrate", "Fit a machine's constants to measurements");
  verb->add_option("FILES", flags->files, "Results, published records or nccl-tests logs")
      ->required();
  verb->add_option("--machine", flags->machine, "Which machine (needed where files name several)");
  verb->add_option("--base", flags->base, "Profile to start from (default: the machine's)");
  verb->add_option("--fit", flags->constants, "Constants to fit (default: all that matter)")
      ->delimiter(',')
      ->allow_extra_args(false);
  verb->add_option("--without", flags->without, "Algorithms whose rows are left out (nccl)")
      ->delimiter(',')
      ->allow_extra_args(false);
  verb->add_option("--hold", flags->hold,
                   "Rows not fitted but judged: every_second, alone, by_ranks, by_size, "
                   "by_algorithm (their first value), none")
      ->capture_default_str();
  verb->add_option("-o,--output", flags->output, "Write the profile here instead of stdout");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
