#pragma once
// Measurement suites: what two GPUs of this machine do, from single copies to collectives beside
// NCCL, as sample sets that carry what was measured, how, and at which clocks.
//
// A set is the time of one piece of work (one copy, one barrier, one all-reduce, one GEMM), in the
// order the samples were taken. Every plan's numbers are compared with their definition before and
// after it is timed: wrong numbers are named in Measurement::wrong and have no set. Clocks, power
// and temperature are read (NVML) before and after each set, never set; NVLink multicast is never
// used. A suite that runs out of its limit, or meets its third GPU error, keeps what it has and
// says that it is not complete. This header is pure C++; without CUDA measure() throws
// UnsupportedError (exit code 5). How time is taken: docs/measuring.md.
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace twinlink::realgpu {

struct ClockReading {
  int gpu = 0;
  double sm_mhz = 0, memory_mhz = 0, power_w = 0, temperature_c = 0;
};

// ("measure", "sm_pull"), ("bytes", 1048576), ("ctas", 8), ...: "measure" comes first.
using WhatValue = std::variant<double, std::string>;
using What = std::vector<std::pair<std::string, WhatValue>>;

struct SampleSet {
  What what;
  std::vector<double> seconds;  // of one piece
  double bytes = 0;             // payload of one piece, of one direction; 0: none
  double flops = 0;             // of one piece; 0: none
  std::string method;
  std::vector<ClockReading> before, after;  // empty: NVML is not there
};

struct MeasuredDevice {
  int gpu = 0;
  std::string name;
  int sms = 0, l2_mib = 0, memory_mib = 0, sm_mhz_max = 0;
};

struct Environment {
  std::string driver;        // "580.159.04"; empty: NVML is not there
  std::string cuda_driver;   // newest CUDA of the driver, "13.0"
  std::string cuda_runtime;  // "13.0"
  std::string nccl, cublas;  // empty: not loaded
  std::vector<MeasuredDevice> devices;
};

struct Measurement {
  std::string suite;
  bool quick = false;
  bool complete = true;
  double wall_s = 0;  // how long the suite ran
  Environment environment;
  std::vector<SampleSet> sets;
  std::vector<std::string> skipped;  // what could not run here, and why
  std::vector<std::string> wrong;    // plans with wrong numbers
  std::vector<std::string> failed;   // sets that a GPU error ended, and the error
};

struct Suite {
  std::string_view name, help;
  int devices;  // needed
};

struct MeasureOptions {
  bool quick = false;          // fewer sizes and samples: below a minute a suite
  double limit_s = 0;          // no set begins later than this; 0: no limit
  std::function<bool()> stop;  // asked between sets
  std::function<void(const std::string& what)> progress;  // before each set
};

std::span<const Suite> suites();
// Null: there is no such suite.
const Suite* find_suite(std::string_view name);

// Throws UnsupportedError without CUDA or with too few devices, GpuError when a call fails.
Measurement measure(const Suite& suite, const MeasureOptions& options);

}  // namespace twinlink::realgpu
