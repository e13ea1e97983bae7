#include "scenarios/result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

void add_fields(Json& out, const std::vector<Field>& fields) {
  for (const Field& field : fields)
    std::visit([&](const auto& value) { out[field.name] = value; }, field.value);
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
  if (result.regret) out["regret"] = *result.regret;
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

std::string_view operation_name(const Result& result) {
  return result.workload.empty() ? models::name_of(result.operation)
                                 : std::string_view(result.workload);
}

std::string row_name(const Result& result) {
  if (result.workload.empty())
    return fmt::format("{} on {} ranks with {} bytes", result.algorithm, result.ranks,
                       result.bytes.count);
  std::string name;
  const auto add = [&](const std::string& part) { name += (name.empty() ? "" : ", ") + part; };
  for (const std::string& part : {result.variant, result.algorithm})
    if (!part.empty()) add(part);
  for (const Field& key : result.keys)
    std::visit([&](const auto& value) { add(fmt::format("{} {}", key.name, value)); }, key.value);
  return name;
}

std::optional<double> figure(const Result& result, std::string_view name) {
  if (name == "time_us") return result.time_us;
  if (name == "speedup_vs_nccl") return result.speedup_vs_nccl;
  const auto found = std::ranges::find(result.figures, name, &Field::name);
  if (found == result.figures.end()) return std::nullopt;
  const double* value = std::get_if<double>(&found->value);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::vector<std::pair<std::string, double>> published_errors(const Result& result) {
  std::vector<std::pair<std::string, double>> errors;
  if (!result.published) return errors;
  const auto& unclaimed = result.published->unmodelled;
  for (const auto& [name, theirs] : result.published->fields) {
    const std::optional<double> ours = figure(result, name);
    if (!ours || theirs == 0 || std::ranges::find(unclaimed, name) != unclaimed.end()) continue;
    errors.emplace_back(name, 100 * (*ours - theirs) / std::abs(theirs));
  }
  return errors;
}

nlohmann::ordered_json to_json(const Result& result) {
  Json out;
  out["schema"] = "twinlink.result/1";
  out["scenario"] = result.scenario;
  out["scenario_hash"] = result.scenario_hash;
  out["variant"] = result.variant;
  out["operation"] = operation_name(result);
  out["algorithm"] = optional(result.algorithm);
  if (!result.chosen.empty()) out["chosen"] = result.chosen;
  out["machine"] = result.machine;
  out["executor"] = name_of(result.executor);
  out["mode"] = optional(result.mode);
  // A workload's row may have neither.
  const bool operation = result.workload.empty();
  out["ranks"] = operation || result.ranks > 0 ? Json(result.ranks) : Json();
  out["bytes"] = operation || result.bytes.count > 0 ? Json(result.bytes.count) : Json();
  add_fields(out, result.keys);
  add_times(out, result);
  add_fields(out, result.figures);
  out["correct"] = optional(result.correct);
  out["reason"] = optional(result.reason);
  if (!result.digest.empty()) out["digest"] = result.digest;
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
