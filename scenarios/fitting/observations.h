#pragma once
// Measured times, from whatever file they come in, as rows that can be predicted.
//
//   twinlink.published/1   retyped tables (profiles/published); rows of algorithms that we do not
//                          have, or only have a relative of, are left out and counted
//   twinlink.result/1      results of `run --executor realgpu`: one object, {"results": [...]} or
//                          one object per line. {"results": [...], "layout": {"ctas", "threads",
//                          "loads", "ranks_per_gpu", "heads", "decay"}} says what results do not
//   twinlink.measurement/1 our own suites (`twinlink measure`; set_rows.h says which sets are rows)
//   nccl-tests text        the table on stdout; collective and ranks from its comment lines;
//                          algorithm `nccl` unless a comment names another (as ours do); out of
//                          place
// sigma: relative, from the spread stated in the file, its rounding, and kRepeatability.
// Errors: InputError with file and line: other units, missing columns, times that are not positive,
// a table that ends in the middle of a row, text that is not UTF-8 or ASCII.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/accuracy.h"
#include "models/collectives/catalogue.h"
#include "scenarios/fitting/piece_plans.h"

namespace twinlink::scenarios {

// Runs of one kernel on one machine on different days differ by about this much (vLLM's own kernels
// in two pull requests: 0 to 4 %).
inline constexpr double kRepeatability = 0.04;

// p10 to p90 of a normal distribution, in standard deviations.
inline constexpr double kP10ToP90 = 2.563;

// Why rows of stream mode are left out.
inline constexpr const char* kStreamMode =
    "stream mode: a launch and an event for each op, which plans do not say";

struct Observation {
  analysis::Sample row;  // predicted_us is 0 until somebody predicts
  std::string suite;     // which set of rows it belongs to
  models::Operation operation = models::Operation::all_reduce;
  models::ElementType element = models::ElementType::fp32;
  double sigma = kRepeatability;
  // Where they differ from what a request has by itself.
  std::optional<models::LaneShape> shape = std::nullopt;
  int ranks_per_gpu = 1;
  int heads = 1;
  double decay = 0;  // 0: none is said
  // A piece of work that is no algorithm of the catalogue; `operation` then says nothing.
  std::optional<PieceCase> piece = std::nullopt;
};

struct Observations {
  std::vector<Observation> rows;
  int unknown = 0;                      // rows of algorithms that we do not have
  std::map<std::string, int> left_out;  // what the model cannot express: how many sets, by reason
  void append(Observations more);
};

// Takes out all rows of these algorithms. Throws UsageError where one of them has no row (a typo
// would leave nothing out), or nothing is left.
void leave_out(Observations& observations, const std::vector<std::string>& algorithms);

bool in_catalogue(models::Operation operation, const std::string& name);

// `machine` is needed where the file does not name one (nccl-tests); it may be empty elsewhere. A
// list of runs (run_list.h) is read file by file.
Observations read_observations(const std::string& text, const std::string& file,
                               const std::string& machine);
// Every record of the data directories.
Observations published_observations();
// Our own measurements that come with the profiles: the lists of runs in profiles/measured.
Observations measured_observations();

}  // namespace twinlink::scenarios
