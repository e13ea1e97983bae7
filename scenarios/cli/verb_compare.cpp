// twinlink compare A B: what became faster or slower between two result files.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "scenarios/cli/result_verbs.h"
#include "scenarios/report/compare_results.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

struct CompareFlags {
  std::string a, b, threshold = "2%", output;
  bool json = false, fail_on_slower = false;
};

// "2%" -> 0.02. The sign is mandatory, as units are everywhere.
double parse_threshold(const std::string& text) {
  std::size_t used = 0;
  double percent = -1;
  try {
    percent = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || text.substr(used) != "%" || !(percent >= 0 && percent <= 1000))
    throw UsageError(
        fmt::format("--threshold {}: expected per cent from 0% to 1000%, as in 2%", text));
  return percent / 100;
}

std::vector<Result> read(const std::string& path) {
  StoredResults stored = read_stored_results(read_input(path), path == "-" ? "stdin" : path);
  if (stored.rows.empty())
    throw InputError({InputIssue{"", "verdicts of validate have no times to compare", path}});
  return std::move(stored.rows);
}

int act(const CompareFlags& flags, Session& session) {
  const double threshold = parse_threshold(flags.threshold);
  if (flags.a == "-" && flags.b == "-") throw UsageError("only one of the two files can be stdin");
  const std::vector<Result> a = read(flags.a), b = read(flags.b);
  const ComparedResults compared = compare_results(a, b, threshold);
  session.deliver(
      flags.json ? comparison_json(compared, threshold) : comparison_text(compared, threshold),
      flags.output);
  if (compared.rows.empty() && compared.untimed.empty())
    session.note("the files have no row in common");
  const bool worse = compared.count(analysis::Change::slower) + compared.became_wrong() > 0;
  return flags.fail_on_slower && worse ? kFailed : kOk;
}

}  // namespace

void add_compare(CLI::App& app, Session& session) {
  auto flags = std::make_shared<CompareFlags>();
  CLI::App* verb = app.add_subcommand("compare", "Two result files, row by row: faster or slower");
  verb->add_option("A", flags->a, "Result file (JSON of run or coll), or -")->required();
  verb->add_option("B", flags->b, "Result file to compare with it, or -")->required();
  verb->add_option("--threshold", flags->threshold, "Ratios nearer to 1 than this are the same")
      ->capture_default_str();
  verb->add_flag("--fail-on-slower", flags->fail_on_slower,
                 "Exit code 3 if a row is slower, or was right and is wrong");
  verb->add_flag("--json", flags->json, "One JSON object");
  verb->add_option("-o,--output", flags->output, "Write to this file instead of stdout");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
