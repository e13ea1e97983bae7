#include "scenarios/fitting/measured_sets.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "scenarios/json/object_reader.h"

namespace twinlink::scenarios {
namespace {

// Rates are written with three decimals; beyond that they must follow from the median.
constexpr double kRateTolerance = 0.01, kRateStep = 0.001;

std::optional<double> positive_us(const Value& value) {
  const std::optional<double> time = read_number(value, {});
  if (!time || *time > 0) return time;
  value.complain(fmt::format("{:g} us is not a positive time", *time));
  return std::nullopt;
}

std::optional<std::int64_t> count(const Value& value) { return read_integer(value, {0}); }

MeasuredWhat read_what(const Value& value) {
  ObjectReader object(value);
  MeasuredWhat what;
  set(what.measure, object.required("measure"), read_string);
  for (const auto& [name, field] : {std::pair{"operation", &MeasuredWhat::operation},
                                    {"algorithm", &MeasuredWhat::algorithm},
                                    {"element", &MeasuredWhat::element},
                                    {"registered", &MeasuredWhat::registered},
                                    {"consumer", &MeasuredWhat::consumer},
                                    {"beside", &MeasuredWhat::beside}})
    set(what.*field, object.optional(name), read_string);
  for (const auto& [name, field] : {std::pair{"bytes", &MeasuredWhat::bytes},
                                    {"ranks", &MeasuredWhat::ranks},
                                    {"gpus", &MeasuredWhat::gpus},
                                    {"ctas", &MeasuredWhat::ctas},
                                    {"threads", &MeasuredWhat::threads},
                                    {"loads", &MeasuredWhat::loads}})
    set(what.*field, object.optional(name), count);
  set(what.flops, object.optional("flops"), [](const Value& v) { return read_number(v, {0}); });
  object.finish();
  return what;
}

// A rate that stands beside the median: amount / median in units of 1e9 or 1e12 a second.
void check_rate(const std::optional<Value>& value, double expected) {
  if (!value || value->node->is_null()) return;
  const std::optional<double> rate = read_number(*value, {});
  if (!rate || std::abs(*rate - expected) <= kRateTolerance * expected + kRateStep) return;
  value->complain(
      fmt::format("{:g} does not follow from median_us, which gives {:.4g}; times must "
                  "be in us",
                  *rate, expected));
}

void check_samples(const std::optional<Value>& raw, std::int64_t n) {
  if (!raw) return;
  const std::vector<Value> samples = elements(*raw);
  if (std::cmp_not_equal(samples.size(), n))
    raw->complain(fmt::format("{} samples, but n is {}", samples.size(), n));
  for (const Value& sample : samples) positive_us(sample);
}

MeasuredSet read_set(const Value& value) {
  ObjectReader object(value);
  MeasuredSet one;
  std::int64_t n = 0;
  if (const auto what = object.required("what")) one.what = read_what(*what);
  set(one.median_us, object.required("median_us"), positive_us);
  set(one.p10_us, object.required("p10_us"), positive_us);
  set(one.p90_us, object.required("p90_us"), positive_us);
  set(n, object.required("n"), [](const Value& v) { return read_integer(v, {1}); });
  set(one.method, object.required("method"), read_string);
  check_samples(object.required("raw_us"), n);
  if (one.median_us > 0) {
    if (one.p10_us > one.median_us || one.median_us > one.p90_us)
      value.complain("p10_us, median_us and p90_us are not in ascending order");
    check_rate(object.optional("GBps"), static_cast<double>(one.what.bytes) / one.median_us / 1e3);
    check_rate(object.optional("TFLOPs"), one.what.flops / one.median_us / 1e6);
  }
  for (const char* name : {"GBps", "TFLOPs"}) object.optional(name);
  for (const char* name : {"clocks_before", "clocks_after"}) object.required(name);
  object.finish();
  return one;
}

void read_devices(const Value& environment, MeasuredFile& file) {
  ObjectReader object(environment);
  for (const char* name : {"driver", "cuda_driver", "cuda_runtime", "nccl", "cublas"})
    object.required(name);
  if (const auto devices = object.required("devices"))
    for (const Value& element : elements(*devices)) {
      ObjectReader device(element);
      std::string name;
      std::int64_t mib = 0;
      set(name, device.required("name"), read_string);
      set(mib, device.optional("l2_MiB"), count);
      file.devices.push_back(name);
      file.l2_bytes = std::max(file.l2_bytes, mib << 20);
    }
  object.finish();
}

}  // namespace

models::LaneShape MeasuredWhat::shape() const {
  return {.ctas = static_cast<std::int32_t>(ctas),
          .threads = static_cast<std::int16_t>(threads),
          .vector_bytes = 16,
          .loads_in_flight = static_cast<std::int16_t>(loads > 0 ? loads : 1)};
}

MeasuredFile read_measured_sets(const std::string& text, const std::string& file) {
  Document document(text, file);
  ObjectReader object(document.root());
  check_schema(object, "measurement", 1);
  MeasuredFile read;
  set(read.suite, object.required("suite"), read_string);
  if (const auto environment = object.required("environment")) read_devices(*environment, read);
  for (const char* name : {"version", "date", "quick", "complete", "skipped", "wrong", "failed"})
    object.required(name);
  object.optional("wall_s");
  if (const auto sets = object.required("sets"))
    for (const Value& element : elements(*sets)) read.sets.push_back(read_set(element));
  object.finish();
  document.throw_if_any();
  return read;
}

}  // namespace twinlink::scenarios
