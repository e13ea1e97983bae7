// twinlink coll OP: a collective over a range of sizes, with the letters and the table of
// nccl-tests.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/collectives/catalogue.h"
#include "scenarios/cli/run_output.h"
#include "scenarios/cli/verbs.h"
#include "scenarios/cli/words.h"
#include "scenarios/table.h"
#include "topology/error.h"
#include "topology/presets.h"

namespace twinlink::scenarios::cli {
namespace {

constexpr const char* kDefaultMachine = "gb200-nvl72";
constexpr int kDefaultRanks = 8;  // where the machine has any number of GPUs
constexpr std::size_t kMostSizes = 10'000;

struct CollFlags {
  std::string operation, begin = "32M", end, step, machine = kDefaultMachine, algorithms = "all";
  std::string executor = "sim", launch = "graph", element = "fp32", profile, mode;
  std::vector<std::string> set;
  double factor = 0;
  int ranks = 0, iterations = 20, warmup = 5, check = 1;
  int channels = 1, slices = 0;
  std::uint64_t seed = 1;
  bool suffix = false, bidirectional = false;
  OutputChoice output;
};

// The sizes of nccl-tests: from begin to end, times the factor or plus the step.
std::vector<Bytes> sizes(const CollFlags& flags) {
  const Bytes begin = parse_nccl_size(flags.begin);
  const Bytes end = flags.end.empty() ? begin : parse_nccl_size(flags.end);
  const Bytes step = parse_nccl_size(flags.step.empty() ? "1M" : flags.step);
  if (end < begin) throw UsageError("-e must not be smaller than -b");
  if (flags.factor != 0 && flags.factor <= 1) throw UsageError("-f must be greater than 1");
  if (step.count <= 0) throw UsageError("-i must be at least 1");
  std::vector<Bytes> out;
  for (Bytes size = begin; size <= end;) {
    out.push_back(size);
    if (out.size() > kMostSizes)
      throw UsageError(fmt::format("more than {} sizes; use a larger -f or -i", kMostSizes));
    if (size == end) break;
    const auto grown = static_cast<double>(size.count) * flags.factor;
    if (grown > 9e18) break;
    size = flags.factor > 0 ? Bytes{std::max(static_cast<std::int64_t>(grown), size.count + 1)}
                            : size + step;
  }
  return out;
}

int ranks(const CollFlags& flags) {
  if (flags.ranks != 0) return flags.ranks;
  const auto preset = topology::find_preset(flags.machine);
  return preset && preset->gpus > 0 ? preset->gpus : kDefaultRanks;
}

// The same scenario that a file could hold, so that one reader checks both.
std::string scenario_text(const CollFlags& flags, const std::vector<std::string>& algorithms) {
  nlohmann::ordered_json out;
  out["schema"] = "twinlink.scenario/1";
  out["machine"] = flags.machine;
  if (!flags.profile.empty()) out["profile"] = flags.profile;
  out["executor"] = name_of(parse_executor(flags.executor));
  out["operation"] = flags.operation;
  out["algorithms"] = algorithms;
  out["ranks"] = {ranks(flags)};
  for (const Bytes size : sizes(flags)) out["bytes"].push_back(fmt::format("{} B", size.count));
  out["element"] = models::name_of(parse_element(flags.element));
  out["launch"] = models::name_of(parse_word<models::LaunchMode>("launch mode", flags.launch));
  out["params"]["direction"] = flags.suffix ? "suffix" : "prefix";
  if (!flags.mode.empty()) out["params"]["mode"] = flags.mode;
  if (flags.slices != 0) out["params"]["slices"] = flags.slices;
  if (flags.channels != 1) out["params"]["channels"] = flags.channels;
  if (flags.bidirectional) out["params"]["bidirectional"] = true;
  out["seed"] = flags.seed;
  return out.dump();
}

std::string tables(const Scenario& scenario, const Run& run) {
  std::string out;
  for (const std::string& algorithm : scenario.algorithms) {
    std::vector<const Result*> rows;
    for (const Result& row : run.results)
      if (row.algorithm == algorithm) rows.push_back(&row);
    out += nccl_table(scenario, run, rows);
  }
  return out;
}

int act(const CollFlags& flags, Session& session) {
  const auto operation = parse_word<models::Operation>("operation", flags.operation);
  const std::vector<std::string> algorithms = parse_algorithms(operation, flags.algorithms);
  Scenario scenario = read_scenario(scenario_text(flags, algorithms), "", flags.set);
  if (scenario.machines.size() > 1)
    throw UsageError("coll compares on one machine; a scenario file takes a list of machines");
  scenario.name = "coll";
  join_processes(scenario, session);
  RunOptions options;
  options.check = flags.check != 0;
  options.skip_refused = ("," + flags.algorithms + ",").find(",all,") != std::string::npos;
  options.measuring.warmup = flags.warmup;
  options.measuring.iterations = flags.iterations;
  Run run = run_and_trace(scenario, options, flags.output, session);
  if (algorithms.size() > 1) {
    session.progress("looking for crossovers");
    run.crossovers = crossovers(scenario, run.results, &interrupted());
  }
  const std::string text =
      flags.output.json ? "" : tables(scenario, run) + winner_comments(run) + policy_comments(run);
  return finish(scenario, run, flags.output, text, session);
}

void add_sizes(CLI::App& verb, CollFlags& flags) {
  verb.add_option("OP", flags.operation, "Operation (twinlink list operations)")->required();
  verb.add_option("-b,--minbytes", flags.begin, "First size: 8, 64K, 32M, 1G (powers of 1024)")
      ->capture_default_str();
  verb.add_option("-e,--maxbytes", flags.end, "Last size [the first]");
  verb.add_option("-f,--stepfactor", flags.factor, "Each size is the one before times this");
  verb.add_option("-i,--stepbytes", flags.step, "Each size is the one before plus this [1M]");
  verb.add_option("-g,--ngpus", flags.ranks, "Ranks, one per GPU [all GPUs; crossbar 8]")
      ->check(CLI::Range(1, 4096));
  verb.add_option("-n,--iters", flags.iterations, "Timed runs on real GPUs")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  verb.add_option("-w,--warmup_iters", flags.warmup, "Runs before them")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  verb.add_option("-c,--check", flags.check, "0: neither prove nor compare")
      ->check(CLI::Range(0, 1))
      ->capture_default_str();
}

void add_choices(CLI::App& verb, CollFlags& flags) {
  verb.add_option("--machine", flags.machine, "Machine: a name (twinlink list machines) or a file")
      ->capture_default_str();
  verb.add_option("--profile", flags.profile, "Calibration profile [the machine's own]");
  verb.add_option("--alg", flags.algorithms,
                  "Algorithms or policies: a,b; all: every algorithm that can run")
      ->capture_default_str();
  verb.add_option("--executor", flags.executor, "sim, host or realgpu")->capture_default_str();
  verb.add_option("--mode", flags.mode,
                  "How realgpu runs plans: fused or stream [fused if possible]")
      ->check(CLI::IsMember({"fused", "stream"}));
  verb.add_option("--launch", flags.launch, "graph, or eager: the host's launch is in the time")
      ->capture_default_str();
  verb.add_option("-d,--element", flags.element, "fp32, fp64, bf16, fp16, or nccl-tests' name")
      ->capture_default_str();
  verb.add_option("--slices", flags.slices, "Pieces of pipelined algorithms [their own choice]")
      ->check(CLI::Range(0, 65'536));
  verb.add_option("--channels", flags.channels, "Rings at once of the ring all-reduce")
      ->check(CLI::Range(1, 1'024))
      ->capture_default_str();
  verb.add_flag("--bidirectional", flags.bidirectional, "As many rings the other way around");
  verb.add_flag("--suffix", flags.suffix, "Scans from the last rank to the first");
  verb.add_option("--seed", flags.seed, "Seed of inputs and noise")->capture_default_str();
  verb.add_option("--set", flags.set, "Change a field of the scenario: /pointer=value")
      ->expected(1)
      ->take_all();
}

}  // namespace

void add_coll(CLI::App& app, Session& session) {
  auto flags = std::make_shared<CollFlags>();
  CLI::App* verb = app.add_subcommand("coll", "One collective over sizes, as nccl-tests prints it");
  add_sizes(*verb, *flags);
  add_choices(*verb, *flags);
  verb->add_flag("--json", flags->output.json, "Results as one JSON object");
  verb->add_option("--trace", flags->output.trace_file, "Write the timeline as Chrome JSON");
  verb->add_option("-o,--output", flags->output.results_file,
                   "Also write the results as JSON here");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
