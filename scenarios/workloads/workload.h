#pragma once
// A workload: what a scenario asks for instead of an operation, such as the layers of a model.
//
// A scenario's "workload" object names its kind and has the kind's own fields; lists are crossed.
// The reader of the kind makes one Workload of it; each of its points builds plans, runs them and
// gives one or more rows (several where rows only mean something together, as a difference). What
// every row needs beside (machine, profile, published figures, assertions, output) is not its
// business: see workload_run.h. No row looks at published figures.
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/plan/plan.h"
#include "models/timeline.h"
#include "scenarios/json/object_reader.h"
#include "scenarios/machine.h"
#include "scenarios/result.h"
#include "scenarios/result_fields.h"

namespace twinlink::scenarios {

struct WorkloadRow {
  std::string variant = {}, algorithm = {};  // empty: null in a result
  int ranks = 0;                             // likewise 0
  Bytes bytes = {};
  std::vector<Field> keys = {};     // what identifies the row: isl, method, dp, ...
  std::vector<Field> figures = {};  // what was found: attention_ms, tokens_per_s, ...
  std::optional<double> time_us = {};
  std::optional<bool> correct = {};
  bool expected_wrong = false;  // as Result::expected_wrong
  std::string reason = {}, bottleneck = {};
  std::optional<Provenance> provenance = {};  // worst of the constants used; none: none were
  bool extrapolated = false;
};

struct WorkloadContext {
  const Machine& machine;
  ExecutorKind executor = ExecutorKind::sim;
  std::uint64_t seed = 1;
  bool check = true;  // false: nothing is proved, `correct` is not known
  // To be called with every timeline that belongs to a row.
  std::function<void(const WorkloadRow&, const models::Plan&, const models::Timeline&)> on_timeline;
};

class Workload {
 public:
  virtual ~Workload() = default;
  [[nodiscard]] virtual std::size_t points() const = 0;
  // GPUs that the largest point needs.
  [[nodiscard]] virtual int gpus() const = 0;
  // InputError or UnsupportedError where the point does not fit the machine or this build.
  [[nodiscard]] virtual std::vector<WorkloadRow> run(std::size_t point,
                                                     const WorkloadContext& context) const = 0;
};

struct WorkloadKind {
  std::string_view name, help;
  // Reads the fields but "kind"; complains through the reader and returns null if they are wrong.
  std::unique_ptr<Workload> (*read)(ObjectReader& object);
  std::span<const ResultField> fields;  // every key and figure that its rows may have
};

// One row per workload.
std::span<const WorkloadKind> workload_kinds();
// Null if there is none.
const WorkloadKind* find_workload_kind(std::string_view name);

}  // namespace twinlink::scenarios
