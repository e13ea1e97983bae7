#pragma once
// What `run` and `coll` share: how a scenario is run from the command line (progress, trace, notes)
// and which exit code its results mean.
#include <string>

#include "scenarios/cli/session.h"
#include "scenarios/run.h"

namespace twinlink::scenarios::cli {

struct OutputChoice {
  bool json = false;
  std::string results_file;  // -o: results as JSON, besides stdout
  std::string trace_file;    // --trace
};

// Runs, with progress on stderr and a trace file per timeline: the name as given when there is one
// point, else with algorithm, ranks and bytes before its last dot.
Run run_and_trace(const Scenario& scenario, RunOptions options, const OutputChoice& choice,
                  const Session& session);

// With executor realgpu: finds the other processes of an MPI, torchrun or Slurm job, one per GPU.
void join_processes(const Scenario& scenario, Session& session);

// Puts `text` or the JSON on stdout, writes the results file, names what failed, and returns the
// exit code. Where several processes run, only process 0 writes.
int finish(const Scenario& scenario, const Run& run, const OutputChoice& choice,
           const std::string& text, Session& session);

ExecutorKind parse_executor(const std::string& name);

}  // namespace twinlink::scenarios::cli
