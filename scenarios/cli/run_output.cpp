#include "scenarios/cli/run_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "realgpu/process_group.h"
#include "scenarios/atomic_file.h"
#include "scenarios/cli/verbs.h"
#include "scenarios/trace.h"
#include "scenarios/units_text.h"
#include "scenarios/workloads/workload.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

// What tells one timeline of a run from another.
std::string trace_row(const Result& result, bool several_machines) {
  const std::string machine = several_machines ? result.machine + "." : "";
  if (!result.workload.empty()) return machine + row_name(result);
  const std::string variant = result.variant.empty() ? "" : result.variant + ".";
  return fmt::format("{}{}{}.{}.{}", machine, variant, result.algorithm, result.ranks,
                     result.bytes.count);
}

std::string trace_name(const std::string& file, const Result& result, bool several_machines) {
  const std::size_t slash = file.find_last_of('/');
  std::size_t dot = file.find_last_of('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) dot = file.size();
  std::string name = trace_row(result, several_machines);
  for (char& c : name)
    if (c == '/' || c == ':' || c == ' ' || c == ',') c = '_';
  return file.substr(0, dot) + "." + name + file.substr(dot);
}

TraceFacts trace_facts(const Result& result) {
  return {{"program", "twinlink"},
          {"version", result.version},
          {"scenario", result.scenario},
          {"scenario_hash", result.scenario_hash},
          {"operation", std::string(operation_name(result))},
          {"algorithm", result.algorithm},
          {"ranks", std::to_string(result.ranks)},
          {"bytes", std::to_string(result.bytes.count)},
          {"machine", result.machine},
          {"executor", std::string(name_of(result.executor))},
          {"profile", result.profile},
          {"seed", std::to_string(result.seed)}};
}

void write_trace_file(const std::string& path, const Result& result, const models::Plan& plan,
                      const models::Timeline& timeline) {
  AtomicFile file(path);
  write_trace(plan, timeline, trace_facts(result),
              [&file](std::string_view text) { file.write(text); });
  file.commit();
}

bool same_cause(const Skipped& a, const Skipped& b) {
  return a.algorithm == b.algorithm && a.ranks == b.ranks && a.reason == b.reason;
}

// One line per algorithm, number of ranks and reason, however many sizes.
void note_skipped(const Run& run, const Session& session) {
  for (std::size_t i = 0; i < run.skipped.size();) {
    std::size_t end = i + 1;
    while (end < run.skipped.size() && same_cause(run.skipped[i], run.skipped[end])) ++end;
    const Skipped &first = run.skipped[i], &last = run.skipped[end - 1];
    std::string sizes = to_text(first.bytes);
    if (end - i > 1) sizes += " to " + to_text(last.bytes);
    session.note(fmt::format("skipped: {} on {} ranks with {}: {}", first.algorithm, first.ranks,
                             sizes, first.reason));
    i = end;
  }
}

int exit_code(const Scenario& scenario, const Run& run, const Session& session) {
  if (run.interrupted) {
    session.note(fmt::format("interrupted: {} of {} points are done", run.done, run.points));
    return kInterrupted;
  }
  if (run.results.empty() && !run.skipped.empty()) {
    session.note(fmt::format("error: {} cannot run any of the algorithms asked for", run.machine));
    return kNoDevice;
  }
  int code = kOk;
  for (const Result& result : run.results) {
    if (!failed(result)) continue;
    session.note(fmt::format("failed: {}: {}", row_name(result), result.reason));
    code = kFailed;
  }
  for (const std::string& text : failed_assertions(scenario, run.results)) {
    session.note("failed: " + text);
    code = kFailed;
  }
  return code;
}

Json winner_json(const Contest& contest) {
  const bool alone = contest.order.size() < 2;
  Json out{{"machine", contest.machine},
           {"variant", contest.variant},
           {"ranks", contest.ranks},
           {"bytes", contest.bytes.count}};
  out["winner"] = contest.winner();
  out["second"] = alone ? Json() : Json(contest.order[1]->algorithm);
  out["margin"] = alone ? Json() : Json(contest.margin());
  return out;
}

Json crossover_json(const Crossover& crossover) {
  return {{"machine", crossover.machine},
          {"variant", crossover.variant},
          {"ranks", crossover.ranks},
          {"from", crossover.from},
          {"to", crossover.to},
          {"bytes_low", crossover.low.count},
          {"bytes_high", crossover.high.count}};
}

// Where somebody asked who wins, that stands beside the results.
std::string run_json(const Run& run) {
  if (!run.crossovers) return to_json_text(run.results);
  Json out{{"results", Json::array()}, {"winners", Json::array()}, {"crossovers", Json::array()}};
  for (const Result& result : run.results) out["results"].push_back(to_json(result));
  for (const Contest& contest : contests(run.results))
    out["winners"].push_back(winner_json(contest));
  for (const Crossover& crossover : *run.crossovers)
    out["crossovers"].push_back(crossover_json(crossover));
  return out.dump(2) + "\n";
}

}  // namespace

void join_processes(const Scenario& scenario, Session& session) {
  if (scenario.executor == ExecutorKind::realgpu) session.processes = realgpu::join_processes();
}

Run run_and_trace(const Scenario& scenario, RunOptions options, const OutputChoice& choice,
                  const Session& session) {
  options.stop = &interrupted();
  options.measuring.processes = session.processes;
  options.measuring.note = [&session](const std::string& text) { session.note(text); };
  options.progress = [&session](std::size_t done, std::size_t points) {
    if (points > 1)
      session.progress(done < points ? fmt::format("{}/{} points", done, points) : "");
  };
  const bool single = points_of(scenario) == 1;
  if (!choice.trace_file.empty() && !session.follows())
    options.on_timeline = [&](const Result& result, const models::Plan& plan,
                              const models::Timeline& timeline) {
      const std::string path =
          single ? choice.trace_file
                 : trace_name(choice.trace_file, result, !scenario.machines.empty());
      write_trace_file(path, result, plan, timeline);
      if (!single) session.note("trace: " + path);
    };
  Run run = run_scenario(scenario, options);
  note_skipped(run, session);
  return run;
}

int finish(const Scenario& scenario, const Run& run, const OutputChoice& choice,
           const std::string& text, Session& session) {
  session.progress("");
  if (session.follows()) return exit_code(scenario, run, session);
  const std::string json = choice.json || !choice.results_file.empty() ? run_json(run) : "";
  session.out = choice.json ? json : text;
  if (!choice.results_file.empty()) write_output(choice.results_file, json);
  return exit_code(scenario, run, session);
}

ExecutorKind parse_executor(const std::string& name) {
  for (const ExecutorKind kind : {ExecutorKind::sim, ExecutorKind::host, ExecutorKind::realgpu})
    if (name == name_of(kind)) return kind;
  throw UsageError(
      fmt::format("no executor \"{}\".{}", name, suggestion(name, {"sim", "host", "realgpu"})));
}

}  // namespace twinlink::scenarios::cli
