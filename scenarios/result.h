#pragma once
// One result (twinlink.result/1): a row of `run`, `coll` and `sweep`, and what it needs to be made
// again.
//
// busbw = algbw x factor (all_reduce 2(n-1)/n; reduce_scatter, all_gather, all_to_all (n-1)/n;
// broadcast, sendrecv 1; scans: none). correct: sim = the plan is proved; host = proved and its
// numbers right; realgpu = all three; none = not checked. A wrong number has no time.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/plan/vocabulary.h"
#include "scenarios/scenario.h"
#include "topology/units.h"

namespace twinlink::scenarios {

struct Published {
  std::vector<std::pair<std::string, double>> fields;  // every visible figure of the matching row
  std::string kind;                                    // measured, model, ...
  std::vector<std::string> unmodelled;                 // fields we do not claim
};

struct Result {
  std::string scenario, variant, algorithm, machine, profile, version;
  models::Operation operation = models::Operation::all_reduce;
  ExecutorKind executor = ExecutorKind::sim;
  int ranks = 0;
  Bytes bytes;
  std::uint64_t seed = 1;
  std::optional<double> time_us, time_us_p10, time_us_p90;
  std::optional<double> algbw_gbps, busbw_gbps;
  std::optional<bool> correct;
  bool expected_wrong =
      false;           // a published algorithm known to be wrong here: correct:false is no failure
  std::string reason;  // why not correct, or why there is no time
  std::string bottleneck;
  std::string provenance;
  bool extrapolated = false;
  std::optional<double> lower_bound_us;
  std::optional<Published> published;
};

double busbw_factor(models::Operation operation, int ranks);  // 0: none

}  // namespace twinlink::scenarios
