#include "scenarios/files/measurement_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "realgpu/quantile.h"
#include "scenarios/table.h"

namespace twinlink::scenarios {
namespace {

using realgpu::SampleSet;

const realgpu::WhatValue* find(const SampleSet& set, std::string_view name) {
  for (const auto& [key, value] : set.what)
    if (key == name) return &value;
  return nullptr;
}

std::string text_at(const SampleSet& set, std::string_view name) {
  const realgpu::WhatValue* value = find(set, name);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? "" : *text;
}

double number_at(const SampleSet& set, std::string_view name) {
  const realgpu::WhatValue* value = find(set, name);
  const auto* number = value == nullptr ? nullptr : std::get_if<double>(value);
  return number == nullptr ? 0 : *number;
}

std::string what_text(const SampleSet& set) {
  std::string text;
  for (const auto& [name, value] : set.what) {
    text += text.empty() ? "" : " " + name + "=";
    if (const auto* word = std::get_if<std::string>(&value))
      text += *word;
    else
      text += fmt::format("{:.15g}", std::get<double>(value));
  }
  return text;
}

std::string rate_text(const SampleSet& set, double median) {
  if (median <= 0) return "";
  if (set.flops > 0) return fmt::format("{:8.1f} TFLOP/s", set.flops / median * 1e-12);
  if (set.bytes > 0) return fmt::format("{:8.2f} GB/s", set.bytes / median * 1e-9);
  return "";
}

Result result_of(const SampleSet& set) {
  Result result;
  result.operation = *models::parse<models::Operation>(text_at(set, "operation"));
  result.algorithm = text_at(set, "algorithm");
  result.executor = ExecutorKind::realgpu;
  result.provenance = "measured";
  result.ranks = static_cast<int>(number_at(set, "ranks"));
  result.bytes = Bytes{static_cast<std::int64_t>(number_at(set, "bytes"))};
  if (result.algorithm != "nccl") result.correct = true;
  set_time(result, realgpu::quantile(set.seconds, 0.5) * 1e6, result.ranks);
  return result;
}

// Of each operation, algorithm and size the fastest.
using Best = std::map<std::pair<models::Operation, std::string>, std::map<std::int64_t, Result>>;
Best best_results(const realgpu::Measurement& measurement) {
  Best best;
  for (const SampleSet& set : measurement.sets) {
    if (!models::parse<models::Operation>(text_at(set, "operation"))) continue;
    Result result = result_of(set);
    auto& sizes = best[{result.operation, result.algorithm}];
    const auto [at, added] = sizes.try_emplace(result.bytes.count, result);
    if (!added && result.time_us < at->second.time_us) at->second = std::move(result);
  }
  return best;
}

// "NVIDIA H200" -> "NVIDIA-H200": the header's fields have no blanks.
std::string machine_of(const realgpu::Measurement& measurement) {
  if (measurement.environment.devices.empty()) return "unknown";
  std::string name = measurement.environment.devices.front().name;
  std::ranges::replace(name, ' ', '-');
  return name;
}

}  // namespace

std::string measurement_table(const realgpu::Measurement& measurement) {
  std::string text = fmt::format("{:72} {:>12} {:>12} {:>12} {:>5}\n", measurement.suite,
                                 "median (us)", "p10", "p90", "n");
  for (const SampleSet& set : measurement.sets) {
    const double median = realgpu::quantile(set.seconds, 0.5);
    text += fmt::format("{:72} {:12.3f} {:12.3f} {:12.3f} {:5}  {}\n", what_text(set), median * 1e6,
                        realgpu::quantile(set.seconds, 0.1) * 1e6,
                        realgpu::quantile(set.seconds, 0.9) * 1e6, set.seconds.size(),
                        rate_text(set, median));
  }
  return text;
}

std::string measurement_nccl_tests(const realgpu::Measurement& measurement) {
  Run run;
  run.machine = machine_of(measurement);
  run.profile = "none";
  run.gpus = static_cast<int>(measurement.environment.devices.size());
  std::string text;
  for (const auto& [key, sizes] : best_results(measurement)) {
    std::vector<const Result*> rows;
    for (const auto& [bytes, result] : sizes) rows.push_back(&result);
    text += nccl_table(Scenario{}, run, rows);
  }
  return text;
}

}  // namespace twinlink::scenarios
