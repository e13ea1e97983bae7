// Measurements as files: the schema accepts what the writer writes, and the text is what readers
// of nccl-tests expect.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "scenarios/files/measurement_json.h"
#include "scenarios/files/measurement_text.h"
#include "scenarios/fitting/nccl_tests_text.h"

namespace twinlink::tests {

using namespace twinlink::scenarios;
using nlohmann::json;
using realgpu::Measurement;
using realgpu::SampleSet;

namespace {

SampleSet collective(const std::string& algorithm, double bytes, std::vector<double> seconds) {
  return {{{"measure", "collective"},
           {"operation", "all_reduce"},
           {"algorithm", algorithm},
           {"ranks", 2.0},
           {"bytes", bytes}},
          std::move(seconds),
          bytes,
          0,
          "replays of one graph",
          {{0, 1980, 3201, 250.5, 40}},
          {}};
}

Measurement two_algorithms() {
  Measurement m;
  m.suite = "collectives";
  m.environment.devices.push_back({0, "NVIDIA H200", 132, 60, 143771, 1980});
  // 1 MB in 10 us is 100 GB/s. The slower shape of ring must not show in the text.
  m.sets = {collective("ring", 1e6, {12e-6, 10e-6, 11e-6}), collective("ring", 1e6, {20e-6}),
            collective("nccl", 1e6, {10e-6})};
  return m;
}

}  // namespace

TEST_CASE("a measurement as JSON: medians, rates, raw samples in order, clocks") {
  const json file = json::parse(write_measurement(two_algorithms(), "2026-11-22T06:15:00Z"));
  CHECK(file["schema"] == "twinlink.measurement/1");
  CHECK(file["environment"]["driver"].is_null());
  REQUIRE(file["sets"].size() == 3);
  const json& set = file["sets"][0];
  CHECK(set["what"]["bytes"] == 1'000'000);
  CHECK(set["median_us"] == 11.0);
  // Of 10, 11, 12: 10 % of the way from the first to the last but one pair, 10 + 0.2 x 1.
  CHECK(set["p10_us"] == 10.2);
  CHECK(set["raw_us"] == json::parse("[12.0, 10.0, 11.0]"));
  // 1e6 bytes / 11 us = 90.909 GB/s.
  CHECK(set["GBps"] == 90.909);
  CHECK(set["TFLOPs"].is_null());
  CHECK(set["clocks_before"][0]["power_W"] == 250.5);
}

TEST_CASE("a measurement as the table of nccl-tests is read as such") {
  const std::string text = measurement_nccl_tests(two_algorithms());
  CHECK(text.find("# algorithm: ring ranks: 2 machine: NVIDIA-H200") != std::string::npos);
  CHECK(text.find("20.00") == std::string::npos);  // the slower shape
  Observations rows;
  read_nccl_tests_text(text, "text", "h200-pair", rows);
  REQUIRE(rows.rows.size() == 2);
  CHECK(measurement_nccl_tests({}).empty());
}

TEST_CASE("a measurement as a table has a line per set") {
  const std::string text = measurement_table(two_algorithms());
  CHECK(text.find("collective operation=all_reduce algorithm=nccl ranks=2 bytes=1000000") !=
        std::string::npos);
  CHECK(text.find("100.00 GB/s") != std::string::npos);
}

}  // namespace twinlink::tests
