#include "scenarios/report/stored_row.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "scenarios/json/object_reader.h"
#include "scenarios/workloads/workload.h"

namespace twinlink::scenarios {
namespace {

// Fields of twinlink.result/1; what else a row has is a workload's.
constexpr std::array kKnownFields{"schema",
                                  "scenario",
                                  "scenario_hash",
                                  "variant",
                                  "operation",
                                  "algorithm",
                                  "chosen",
                                  "machine",
                                  "executor",
                                  "mode",
                                  "ranks",
                                  "bytes",
                                  "time_us",
                                  "time_us_p10",
                                  "time_us_p90",
                                  "algbw_GBps",
                                  "busbw_GBps",
                                  "lower_bound_us",
                                  "regret",
                                  "speedup_vs_nccl",
                                  "correct",
                                  "reason",
                                  "bottleneck",
                                  "provenance",
                                  "extrapolated",
                                  "profile",
                                  "seed",
                                  "version",
                                  "published",
                                  "published_kind",
                                  "published_record",
                                  "published_error_percent",
                                  "unmodelled"};

// Null stands for "not known".
std::optional<Value> known(ObjectReader& object, const std::string& name) {
  const std::optional<Value> value = object.optional(name);
  return value && value->node->is_null() ? std::nullopt : value;
}

std::optional<double> read_positive(const Value& value) { return read_number(value, {.min = 0}); }
std::optional<double> read_any_number(const Value& value) { return read_number(value, {}); }

void read_operation(const Value& value, Result& out) {
  std::vector<std::string> names = names_of<models::Operation>();
  for (const WorkloadKind& kind : workload_kinds()) names.emplace_back(kind.name);
  const auto name = read_name(value, "operation or workload", names);
  if (!name) return;
  if (const auto operation = models::parse<models::Operation>(*name))
    out.operation = *operation;
  else
    out.workload = *name;
}

void read_executor(const Value& value, Result& out) {
  const auto name = read_name(value, "executor", {"sim", "host", "realgpu"});
  for (const ExecutorKind kind : {ExecutorKind::sim, ExecutorKind::host, ExecutorKind::realgpu})
    if (name && *name == name_of(kind)) out.executor = kind;
}

void read_header(ObjectReader& object, Result& out) {
  set(out.scenario, object.required("scenario"), read_string);
  set(out.scenario_hash, known(object, "scenario_hash"), read_string);
  set(out.variant, known(object, "variant"), read_string);
  if (const auto value = object.required("operation")) read_operation(*value, out);
  set(out.algorithm, known(object, "algorithm"), read_string);
  set(out.chosen, known(object, "chosen"), read_string);
  set(out.machine, object.required("machine"), read_string);
  if (const auto value = object.required("executor")) read_executor(*value, out);
  set(out.mode, known(object, "mode"), read_string);
  const auto count = [](const Value& v) {
    return read_integer(v, {0, std::numeric_limits<std::int32_t>::max()});
  };
  const auto size = [](const Value& v) { return read_integer(v, {.min = 0}); };
  set(out.ranks, known(object, "ranks"), count);
  set(out.bytes.count, known(object, "bytes"), size);
}

void check_percentiles(const Value& row, const Result& out) {
  if ((out.time_us_p10 || out.time_us_p90) && !out.time_us)
    row.complain("there are percentiles but no time_us");
  if (out.time_us && (out.time_us_p10.value_or(*out.time_us) > *out.time_us ||
                      out.time_us_p90.value_or(*out.time_us) < *out.time_us))
    row.complain("time_us does not lie between time_us_p10 and time_us_p90");
}

void read_times(ObjectReader& object, Result& out) {
  if (object.required("time_us")) set(out.time_us, known(object, "time_us"), read_positive);
  set(out.time_us_p10, known(object, "time_us_p10"), read_positive);
  set(out.time_us_p90, known(object, "time_us_p90"), read_positive);
  set(out.algbw_gbps, known(object, "algbw_GBps"), read_positive);
  set(out.busbw_gbps, known(object, "busbw_GBps"), read_positive);
  set(out.lower_bound_us, known(object, "lower_bound_us"), read_positive);
  set(out.regret, known(object, "regret"), read_positive);
  set(out.speedup_vs_nccl, known(object, "speedup_vs_nccl"), read_positive);
  check_percentiles(object.value(), out);
}

void read_origin(ObjectReader& object, Result& out) {
  set(out.correct, known(object, "correct"), read_bool);
  set(out.reason, known(object, "reason"), read_string);
  set(out.bottleneck, known(object, "bottleneck"), read_string);
  set(out.provenance, known(object, "provenance"), read_string);
  set(out.extrapolated, known(object, "extrapolated"), read_bool);
  set(out.profile, known(object, "profile"), read_string);
  const auto seed = [](const Value& v) { return read_integer(v, {.min = 0}); };
  set(out.seed, object.required("seed"), seed);
  set(out.version, known(object, "version"), read_string);
}

void read_published_figures(const Value& figures, Published& out) {
  ObjectReader object(figures);
  if (!figures.node->is_object()) return;
  for (const auto& [name, unused] : figures.node->items())
    if (const auto number = read_any_number(*object.optional(name)))
      out.fields.emplace_back(name, *number);
}

void read_published(ObjectReader& object, Result& out) {
  const auto figures = known(object, "published");
  if (!figures) return;
  Published published;
  read_published_figures(*figures, published);
  set(published.kind, known(object, "published_kind"), read_string);
  set(published.record, known(object, "published_record"), read_string);
  if (const auto list = known(object, "unmodelled"))
    for (const Value& name : elements(*list))
      if (const auto text = read_string(name)) published.unmodelled.push_back(*text);
  out.published = std::move(published);
}

std::optional<Field> read_field(const Value& value, const std::string& name) {
  if (value.node->is_string()) return Field{name, value.node->get<std::string>()};
  const auto number = read_any_number(value);
  return number ? std::optional(Field{name, *number}) : std::nullopt;
}

// The writer puts keys before time_us and figures between it and `correct`.
void read_workload_fields(ObjectReader& object, const nlohmann::ordered_json& order, Result& out) {
  bool timed = false, ended = false, misplaced = false;
  for (const auto& [name, unused] : order.items()) {
    timed = timed || name == "time_us";
    ended = ended || name == "correct";
    misplaced = misplaced || (ended && !timed);
    if (std::ranges::find(kKnownFields, name) != kKnownFields.end()) continue;
    const auto value = known(object, name);
    if (!value) continue;
    misplaced = misplaced || ended;
    if (auto field = read_field(*value, name))
      (timed ? out.figures : out.keys).push_back(std::move(*field));
  }
  if (misplaced && !(out.keys.empty() && out.figures.empty()))
    object.value().complain(
        "its fields are not in the order in which twinlink writes them, so what identifies the "
        "row cannot be told from what was found");
}

}  // namespace

Result read_stored_row(const Value& value, const nlohmann::ordered_json& order) {
  Result out;
  ObjectReader object(value);
  if (!value.node->is_object()) return out;
  const std::optional<Value> schema = object.optional("schema");
  if (!schema) {
    value.complain("neither a result (twinlink.result/1) nor a verdict of validate --json");
    return out;
  }
  // It throws at once, so it is asked only where there is something to say.
  if (*schema->node != "twinlink.result/1") check_schema(object, "result", 1);
  read_header(object, out);
  read_times(object, out);
  read_origin(object, out);
  read_published(object, out);
  read_workload_fields(object, order, out);
  return out;
}

}  // namespace twinlink::scenarios
