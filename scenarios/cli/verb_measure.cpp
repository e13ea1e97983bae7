// twinlink measure SUITE -o FILE: what the GPUs of this machine do.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>

#include "realgpu/measure/measure.h"
#include "realgpu/process_place.h"
#include "scenarios/cli/verbs.h"
#include "scenarios/files/measurement_json.h"
#include "scenarios/files/measurement_text.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

// A quick suite stays below a minute: no set begins after this.
constexpr double kQuickLimit = 50;

struct MeasureFlags {
  std::string suite, output, nccl_tests;
  double limit_s = 0;
  bool quick = false, list = false;
};

int list(Session& session) {
  for (const realgpu::Suite& suite : realgpu::suites())
    session.out += fmt::format("{:16} {} GPU{}  {}\n", suite.name, suite.devices,
                               suite.devices == 1 ? " " : "s", suite.help);
  return kOk;
}

const realgpu::Suite& chosen(const std::string& name) {
  if (const realgpu::Suite* suite = realgpu::find_suite(name)) return *suite;
  std::vector<std::string> names;
  for (const realgpu::Suite& suite : realgpu::suites()) names.emplace_back(suite.name);
  if (name.empty()) throw UsageError(fmt::format("which suite?{}", suggestion(name, names)));
  throw UsageError(fmt::format("no suite \"{}\".{}", name, suggestion(name, names)));
}

std::string now() {
  const std::time_t time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time));
}

int exit_code(const realgpu::Measurement& measurement) {
  if (interrupted()) return kInterrupted;
  if (!measurement.wrong.empty()) return kFailed;
  if (!measurement.failed.empty()) return kInternal;
  return measurement.sets.empty() ? kNoDevice : kOk;
}

void tell(const realgpu::Measurement& measurement, const Session& session) {
  for (const std::string& line : measurement.skipped) session.note("skipped: " + line);
  for (const std::string& line : measurement.wrong) session.note("wrong numbers: " + line);
  for (const std::string& line : measurement.failed) session.note("failed: " + line);
  session.note(fmt::format("{}: {} sets in {:.0f} s{}", measurement.suite, measurement.sets.size(),
                           measurement.wall_s,
                           measurement.complete ? "" : "; stopped before the end"));
}

int act(const MeasureFlags& flags, Session& session) {
  if (flags.list) return list(session);
  const realgpu::Suite& suite = chosen(flags.suite);
  if (const auto place = realgpu::find_place([](const char* name) { return std::getenv(name); }))
    throw UnsupportedError(fmt::format("measure drives all GPUs from one process; {} started {}",
                                       place->launcher, place->size));
  realgpu::MeasureOptions options;
  options.quick = flags.quick;
  options.limit_s = flags.limit_s > 0 ? flags.limit_s : (flags.quick ? kQuickLimit : 0);
  options.stop = [] { return interrupted().load(); };
  options.progress = [&session](const std::string& what) { session.progress(what); };
  const realgpu::Measurement measurement = realgpu::measure(suite, options);
  session.progress("");
  const std::string json = write_measurement(measurement, now());
  session.out = flags.output.empty() ? json : measurement_table(measurement);
  if (!flags.output.empty()) write_output(flags.output, json);
  if (!flags.nccl_tests.empty())
    write_output(flags.nccl_tests, measurement_nccl_tests(measurement));
  tell(measurement, session);
  return exit_code(measurement);
}

}  // namespace

void add_measure(CLI::App& app, Session& session) {
  auto flags = std::make_shared<MeasureFlags>();
  CLI::App* verb = app.add_subcommand("measure", "Measure the GPUs of this machine");
  verb->add_option("SUITE", flags->suite,
                   "links, memory, collectives, scans, overlap, sharing or linear_attention");
  verb->add_flag("--list", flags->list, "Say what the suites are");
  verb->add_flag("--quick", flags->quick, "Fewer sizes and samples: below a minute");
  verb->add_option("--limit", flags->limit_s, "Begin no sample set after so many seconds")
      ->check(CLI::PositiveNumber);
  verb->add_option("-o,--output", flags->output,
                   "Write the JSON here, and print a table instead of it");
  verb->add_option("--nccl-tests", flags->nccl_tests,
                   "Also write collectives here, in the format of nccl-tests");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
