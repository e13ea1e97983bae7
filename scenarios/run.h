#pragma once
// Runs a scenario: for every point (machine x algorithm x ranks x bytes) the plan is built, proved
// and executed, and becomes one Result, in that order.
//
// The proof and the simulation of one plan may run side by side; the results do not depend on it.
// A plan that is proved wrong is still timed where that is possible, and its result says why it is
// wrong. Expected wrong is only what Algorithm::wrong_from announces and provenance confirms.
// Errors: InputError when the scenario does not fit the machine, UnsupportedError when this build
// or computer cannot run it; nothing is half-done then. Nothing is printed here.
#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/plan/plan.h"
#include "models/timeline.h"
#include "realgpu/realgpu.h"
#include "scenarios/contest.h"
#include "scenarios/machine.h"
#include "scenarios/result.h"
#include "scenarios/scenario.h"

namespace twinlink::scenarios {

struct RunOptions {
  bool check = true;  // false: nothing is proved or compared, and `correct` is not known
  // Points that a builder refuses are left out and named in Run::skipped instead of being an error.
  bool skip_refused = false;
  realgpu::Options measuring;
  const std::atomic<bool>* stop = nullptr;  // looked at between points
  std::function<void(std::size_t done, std::size_t points)> progress;
  // Called after each point that has a timeline.
  std::function<void(const Result&, const models::Plan&, const models::Timeline&)> on_timeline;
};

// A point that was left out, and why.
struct Skipped {
  std::string algorithm;
  int ranks = 0;
  Bytes bytes;
  std::string reason;
};

struct Run {
  std::vector<Result> results;
  std::vector<Skipped> skipped;
  std::optional<std::vector<Crossover>> crossovers;  // where somebody asked who wins
  std::size_t points = 0, done = 0;                  // asked for, and run or skipped
  bool interrupted = false;
  // What was run on, for people.
  std::string machine, machine_source, profile, profile_about;
  int gpus = 0;
};

// One scenario per machine: of its list, each as damaged as its "degrade" alternatives say.
std::vector<Scenario> machines_of(const Scenario& scenario);
// Points that all of them have together.
std::size_t points_of(const Scenario& scenario);
// What its machine's degradations are called in results; "": none.
std::string variant_of(const Scenario& scenario);

Run run_scenario(const Scenario& scenario, const RunOptions& options);

// What every result of a scenario on a machine says of both.
Result result_header(const Scenario& scenario, const Machine& machine);
// Fills in what was run on.
void describe(const Machine& machine, Run& run);

// The sentence of every assertion that does not hold; empty: all hold. An assertion that selects no
// result fails.
std::vector<std::string> failed_assertions(const Scenario& scenario,
                                           const std::vector<Result>& results);

}  // namespace twinlink::scenarios
