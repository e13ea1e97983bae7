#pragma once
// A scenario as read from JSON (twinlink.scenario/1), every field checked and in units of the
// program.
//
// Lists are crossed: machines x algorithms x ranks x bytes, in that nesting, gives the points of a
// run.
// Reading reports all errors at once (InputError) with file, line, column and JSON pointer.
// Machine and profile are resolved by machine.h; nothing here builds or runs a plan.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/collectives/catalogue.h"
#include "topology/presets.h"

namespace twinlink::scenarios {

enum class ExecutorKind : std::uint8_t { sim, host, realgpu };

// A preset's name, a file, or (in `inline_json`) the text of an inline topology object.
struct MachineSpec {
  std::string name;         // preset name or path; empty when inline
  std::string inline_json;  // twinlink.topology/1 object, canonical text
  std::vector<topology::Degradation> degrade;
  // "degrade" as a list of lists: one machine each, crossed with the other lists of the scenario;
  // `degrade` is empty then.
  std::vector<std::vector<topology::Degradation>> alternatives = {};
  std::vector<int> ranks = {};  // instead of the scenario's; empty: those
  // Where machine and degradations stand in the scenario, for messages.
  std::string at = "/machine", degrade_at = "/machine/degrade";
};

// {"where": {"algorithm": "blelloch", "ranks": 72}, "field": "time_us", "max": 200}
struct Assertion {
  using Value = std::variant<bool, double, std::string>;
  std::vector<std::pair<std::string, Value>>
      where;  // result fields that select rows; must match some
  std::string field;
  std::optional<double> min, max;
  std::optional<Value> equals;
  std::string pointer;  // where it stands in the scenario
};

struct Params {
  bool suffix = false;         // "direction": "prefix" | "suffix"
  models::LaneShape shape;     // "ctas", "threads", "vector_bytes", "loads_in_flight"
  std::int32_t heads = 1;      // "heads"
  std::int32_t slices = 0;     // "slices": pieces of a pipelined algorithm; 0: its own choice
  double local_flops = 0;      // "local_flops": work per rank of a scan
  Bytes local_hbm_bytes;       // "local_hbm_bytes"
  std::vector<double> decays;  // "decays": one per head, in [0, 1]
  std::vector<std::int32_t> lengths;  // "lengths": of each rank's chunk of a scan
  double horizon_error = 0;           // "horizon_error": of decay_horizon; 0: the unit roundoff
  std::int32_t channels = 1;          // "channels", "bidirectional": of the ring all-reduce
  bool bidirectional = false;
  // "counts" of an all-to-all: totals by rank, or a matrix, row by row.
  std::vector<std::int64_t> counts;
  // "mode": how realgpu runs a plan; none: fused where possible.
  std::optional<std::string> mode;
};

class Workload;  // workloads/workload.h

struct Scenario {
  std::string name;  // stem of the file, or "coll"
  std::string file;  // as given; empty: none
  std::string hash;  // of the canonical text, 16 hex digits
  std::string question;
  MachineSpec machine;                // the first, where "machine" is a list
  std::vector<MachineSpec> machines;  // "machine" as a list; empty: it is none
  std::string profile;                // name or file; empty: the machine's own
  ExecutorKind executor = ExecutorKind::sim;
  // "workload": what is run instead of operation, algorithms, ranks and bytes; null: nothing.
  std::shared_ptr<const Workload> workload;
  std::string workload_kind;
  models::Operation operation = models::Operation::all_reduce;
  std::vector<std::string> algorithms;
  std::vector<int> ranks;
  std::vector<Bytes> bytes;
  models::ElementType element = models::ElementType::fp32;
  models::LaunchMode launch = models::LaunchMode::graph;
  int ranks_per_gpu = 1;
  std::vector<std::vector<int>> groups;  // empty: all ranks
  Params params;
  std::uint64_t seed = 1;
  std::vector<Assertion> assertions;
};

// Reads `text` (named `file` in messages). `overrides`: "/pointer=value" of --set, applied before
// checking; value is JSON, or else taken as a string.
Scenario read_scenario(const std::string& text, const std::string& file,
                       const std::vector<std::string>& overrides);

// "64 MiB", "450 GB/s", "0.65 us": units are mandatory. Throws InputError without a location.
Bytes parse_bytes(const std::string& text);
Bandwidth parse_bandwidth(const std::string& text);
Duration parse_duration(const std::string& text);
// nccl-tests letters on a command line: "8", "64K", "1M", "2G" (powers of 1024), or "64 KiB".
Bytes parse_nccl_size(const std::string& text);

}  // namespace twinlink::scenarios
