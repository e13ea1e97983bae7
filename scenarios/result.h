#pragma once
// One result (twinlink.result/1): a row of `run`, `coll` and `sweep`, and what it needs to be made
// again.
//
// Rates: algbw = bytes / time, in GB/s (1e9 bytes per second).
// busbw = algbw x factor (all_reduce 2(n-1)/n; reduce_scatter, all_gather, all_to_all (n-1)/n;
// broadcast, sendrecv 1; scans: none). correct: sim = the plan is proved; host = proved and its
// numbers right; realgpu = all three; none = not checked. A wrong number has no time.
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "models/plan/vocabulary.h"
#include "scenarios/scenario.h"
#include "topology/units.h"

namespace twinlink::scenarios {

struct Published {
  std::vector<std::pair<std::string, double>> fields;  // every visible figure of the matching row
  std::string kind;                                    // measured, model, ...
  std::vector<std::string> unmodelled;                 // fields we do not claim
  std::string record;  // which record and row, and how near its algorithm is to ours
};

// One more field of a workload's result; its name is in WorkloadKind::fields.
struct Field {
  std::string name;
  std::variant<double, std::string> value;
};

struct Result {
  std::string workload;              // its kind, instead of an operation; empty: none
  std::vector<Field> keys, figures;  // of a workload: what identifies the row, what was found
  std::string scenario, scenario_hash, variant, algorithm, machine, profile, version;
  models::Operation operation = models::Operation::all_reduce;
  ExecutorKind executor = ExecutorKind::sim;
  int ranks = 0;
  Bytes bytes;
  std::uint64_t seed = 1;
  std::optional<double> time_us, time_us_p10, time_us_p90;
  std::optional<double> algbw_gbps, busbw_gbps;
  std::optional<bool> correct;
  // A published algorithm known to be wrong here: correct:false is then no failure.
  bool expected_wrong = false;
  int wrong_ranks = 0;  // ranks whose output is proved wrong
  std::string reason;   // why not correct, or why there is no time
  std::string bottleneck;
  std::string provenance;
  std::string mode;    // how realgpu ran it: fused or stream
  std::string digest;  // realgpu: of every bit of all outputs
  bool extrapolated = false;
  std::optional<double> lower_bound_us;
  std::string chosen;                     // of a policy: the algorithm that it calls here
  std::optional<double> regret;           // of a policy: time_us / that of the fastest asked for
  std::optional<double> speedup_vs_nccl;  // nccl's time / time_us, where both were asked for
  std::optional<Published> published;
};

double busbw_factor(models::Operation operation, int ranks);  // 0: none
std::string_view name_of(ExecutorKind kind);
// Sets time_us, algbw and busbw. `members`: ranks of one communicator.
void set_time(Result& result, double time_us, int members);
// Sets speedup_vs_nccl where nccl was run on the same machine, ranks and size.
void add_speedups(std::vector<Result>& results);
// A wrong answer that nobody expected: exit code 3.
bool failed(const Result& result);
// Name of the operation or workload.
std::string_view operation_name(const Result& result);
// "ring on 8 ranks with 1024 bytes", or what identifies a workload's row: "dep4, isl 8192".
std::string row_name(const Result& result);
// A number of the result by its name: a workload's figure, time_us or speedup_vs_nccl.
std::optional<double> figure(const Result& result, std::string_view name);
// 100 x (ours - published) / |published| for each field that we claim and have.
std::vector<std::pair<std::string, double>> published_errors(const Result& result);

// The object of DESIGN section 5, keys in its order; what is not known is null.
nlohmann::ordered_json to_json(const Result& result);
// One object: the result itself, or {"results": [...]} for any other number of them.
std::string to_json_text(const std::vector<Result>& results);

}  // namespace twinlink::scenarios
