#include "scenarios/result.h"

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace twinlink::scenarios {
namespace {

using Json = nlohmann::ordered_json;

Json optional(const std::optional<double>& value) { return value ? Json(*value) : Json(); }
Json optional(const std::optional<bool>& value) { return value ? Json(*value) : Json(); }
Json optional(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json object(const std::vector<std::pair<std::string, double>>& fields) {
  Json out = Json::object();
  for (const auto& [name, value] : fields) out[name] = value;
  return out;
}

void add_published(Json& out, const Result& result) {
  if (!result.published) return;
  out["published"] = object(result.published->fields);
  out["published_kind"] = result.published->kind;
  out["published_record"] = result.published->record;
  out["published_error_percent"] = object(published_errors(result));
  out["unmodelled"] = result.published->unmodelled;
}

void add_times(Json& out, const Result& result) {
  out["time_us"] = optional(result.time_us);
  out["time_us_p10"] = optional(result.time_us_p10);
  out["time_us_p90"] = optional(result.time_us_p90);
  out["algbw_GBps"] = optional(result.algbw_gbps);
  out["busbw_GBps"] = optional(result.busbw_gbps);
  out["lower_bound_us"] = optional(result.lower_bound_us);
  if (result.speedup_vs_nccl) out["speedup_vs_nccl"] = *result.speedup_vs_nccl;
}

}  // namespace

double busbw_factor(models::Operation operation, int ranks) {
  const double n = ranks;
  switch (operation) {
    case models::Operation::all_reduce: return 2 * (n - 1) / n;
    case models::Operation::reduce_scatter:
    case models::Operation::all_gather:
    case models::Operation::all_to_all: return (n - 1) / n;
    case models::Operation::broadcast:
    case models::Operation::sendrecv: return 1;
    case models::Operation::scan:
    case models::Operation::exscan: return 0;
  }
  return 0;
}

std::string_view name_of(ExecutorKind kind) {
  switch (kind) {
    case ExecutorKind::sim: return "sim";
    case ExecutorKind::host: return "host";
    case ExecutorKind::realgpu: return "realgpu";
  }
  return "sim";
}

void set_time(Result& result, double time_us, int members) {
  result.time_us = time_us;
  if (time_us <= 0) return;
  result.algbw_gbps = static_cast<double>(result.bytes.count) / time_us * 1e-3;
  const double factor = busbw_factor(result.operation, members);
  const bool scan =
      result.operation == models::Operation::scan || result.operation == models::Operation::exscan;
  if (!scan) result.busbw_gbps = *result.algbw_gbps * factor;
}

void add_speedups(std::vector<Result>& results) {
  const auto key = [](const Result& r) {
    return std::tuple(r.operation, r.machine, r.variant, r.ranks, r.bytes.count);
  };
  std::map<decltype(key(results.front())), double> nccl;
  for (const Result& r : results)
    if (r.algorithm == "nccl" && r.time_us) nccl.emplace(key(r), *r.time_us);
  for (Result& r : results) {
    const auto found = nccl.find(key(r));
    if (found != nccl.end() && r.time_us.value_or(0) > 0)
      r.speedup_vs_nccl = found->second / *r.time_us;
  }
}

bool failed(const Result& result) {
  return result.correct.has_value() && !*result.correct && !result.expected_wrong;
}

std::vector<std::pair<std::string, double>> published_errors(const Result& result) {
  std::vector<std::pair<std::string, double>> errors;
  if (!result.published || !result.time_us) return errors;
  const auto add = [&](const std::string& name, double ours, double theirs) {
    if (theirs > 0) errors.emplace_back(name, 100 * (ours - theirs) / theirs);
  };
  for (const auto& [name, value] : result.published->fields) {
    if (name == "time_us") add(name, *result.time_us, value);
    if (name == "speedup_vs_nccl" && result.speedup_vs_nccl)
      add(name, *result.speedup_vs_nccl, value);
  }
  return errors;
}

nlohmann::ordered_json to_json(const Result& result) {
  Json out;
  out["schema"] = "twinlink.result/1";
  out["scenario"] = result.scenario;
  out["scenario_hash"] = result.scenario_hash;
  out["variant"] = result.variant;
  out["operation"] = models::name_of(result.operation);
  out["algorithm"] = result.algorithm;
  out["machine"] = result.machine;
  out["executor"] = name_of(result.executor);
  out["mode"] = optional(result.mode);
  out["ranks"] = result.ranks;
  out["bytes"] = result.bytes.count;
  add_times(out, result);
  out["correct"] = optional(result.correct);
  out["reason"] = optional(result.reason);
  out["bottleneck"] = optional(result.bottleneck);
  out["provenance"] = optional(result.provenance);
  out["extrapolated"] = result.extrapolated;
  out["profile"] = optional(result.profile);
  out["seed"] = result.seed;
  out["version"] = result.version;
  add_published(out, result);
  return out;
}

std::string to_json_text(const std::vector<Result>& results) {
  if (results.size() == 1) return to_json(results.front()).dump(2) + "\n";
  Json rows = Json::array();
  for (const Result& result : results) rows.push_back(to_json(result));
  Json out;
  out["results"] = std::move(rows);
  return out.dump(2) + "\n";
}

}  // namespace twinlink::scenarios
