#include "scenarios/files/measurement_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "realgpu/quantile.h"
#include "scenarios/version.h"

namespace twinlink::scenarios {
namespace {

using Json = nlohmann::ordered_json;
using realgpu::ClockReading;
using realgpu::SampleSet;

Json optional(const std::string& text) { return text.empty() ? Json() : Json(text); }

// Four decimals: a tenth of a nanosecond.
double microseconds(double seconds) { return std::round(seconds * 1e10) / 1e4; }

// Whole numbers without ".0".
Json value_of(const realgpu::WhatValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const double number = std::get<double>(value);
  if (std::floor(number) == number && std::abs(number) < 9e15)
    return static_cast<std::int64_t>(number);
  return number;
}

Json clocks(const std::vector<ClockReading>& readings) {
  Json out = Json::array();
  for (const ClockReading& r : readings)
    out.push_back({{"gpu", r.gpu},
                   {"sm_MHz", r.sm_mhz},
                   {"memory_MHz", r.memory_mhz},
                   {"power_W", r.power_w},
                   {"temperature_C", r.temperature_c}});
  return out;
}

Json rate(double amount, double seconds, double unit) {
  return amount > 0 && seconds > 0 ? Json(std::round(amount / seconds / unit * 1e3) / 1e3) : Json();
}

Json set_json(const SampleSet& set) {
  Json out;
  for (const auto& [name, value] : set.what) out["what"][name] = value_of(value);
  const double median = realgpu::quantile(set.seconds, 0.5);
  out["median_us"] = microseconds(median);
  out["p10_us"] = microseconds(realgpu::quantile(set.seconds, 0.1));
  out["p90_us"] = microseconds(realgpu::quantile(set.seconds, 0.9));
  out["n"] = set.seconds.size();
  out["GBps"] = rate(set.bytes, median, 1e9);
  out["TFLOPs"] = rate(set.flops, median, 1e12);
  out["method"] = set.method;
  out["raw_us"] = Json::array();
  for (const double s : set.seconds) out["raw_us"].push_back(microseconds(s));
  out["clocks_before"] = clocks(set.before);
  out["clocks_after"] = clocks(set.after);
  return out;
}

Json environment_json(const realgpu::Environment& environment) {
  Json out{{"driver", optional(environment.driver)},
           {"cuda_driver", optional(environment.cuda_driver)},
           {"cuda_runtime", optional(environment.cuda_runtime)},
           {"nccl", optional(environment.nccl)},
           {"cublas", optional(environment.cublas)},
           {"devices", Json::array()}};
  for (const realgpu::MeasuredDevice& d : environment.devices)
    out["devices"].push_back({{"gpu", d.gpu},
                              {"name", d.name},
                              {"sms", d.sms},
                              {"l2_MiB", d.l2_mib},
                              {"memory_MiB", d.memory_mib},
                              {"sm_MHz_max", d.sm_mhz_max}});
  return out;
}

Json header_json(const realgpu::Measurement& measurement, const std::string& date) {
  return {{"schema", "twinlink.measurement/1"},
          {"suite", measurement.suite},
          {"version", version()},
          {"date", date},
          {"quick", measurement.quick},
          {"complete", measurement.complete},
          {"wall_s", std::round(measurement.wall_s * 10) / 10},
          {"environment", environment_json(measurement.environment)},
          {"skipped", measurement.skipped},
          {"wrong", measurement.wrong},
          {"failed", measurement.failed}};
}

}  // namespace

std::string write_measurement(const realgpu::Measurement& measurement, const std::string& date) {
  std::string text = header_json(measurement, date).dump(1);
  text.resize(text.size() - 2);  // its end: "\n}"
  text += ",\n \"sets\": [";
  for (std::size_t i = 0; i < measurement.sets.size(); ++i)
    text += (i == 0 ? "\n" : ",\n") + set_json(measurement.sets[i]).dump();
  return text + "\n]}\n";
}

}  // namespace twinlink::scenarios
