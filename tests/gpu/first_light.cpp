// First light: plans of the catalogue measured on the GPUs of this machine, and raw facts of a pair
// of GPUs. Needs the libraries only, no scenario.
//
//   first_light describe | plans [largest MiB] | facts | all
//
// One JSON object per line on stdout; talk on stderr. Exit 0; 1: a part failed; 3: a plan's numbers
// were wrong; 5: no device.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

#include "models/collectives/catalogue.h"
#include "realgpu/machine_facts.h"
#include "realgpu/quantile.h"
#include "realgpu/realgpu.h"
#include "topology/error.h"

using namespace twinlink;

namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return std::isfinite(value) ? text : "null";
}

// "median_us", "p10_us", "p90_us", "n" of samples in seconds.
std::string spread(const std::vector<double>& seconds) {
  if (seconds.empty()) return "\"median_us\":null,\"n\":0";
  return "\"median_us\":" + number(realgpu::quantile(seconds, 0.5) * 1e6) +
         ",\"p10_us\":" + number(realgpu::quantile(seconds, 0.1) * 1e6) +
         ",\"p90_us\":" + number(realgpu::quantile(seconds, 0.9) * 1e6) +
         ",\"n\":" + std::to_string(seconds.size());
}

void print(const realgpu::Fact& fact) {
  std::string where;
  for (const auto& [name, value] : fact.where)
    where += (where.empty() ? "" : ",") + quoted(name) + ":" + number(value);
  std::string line =
      "{\"fact\":" + quoted(fact.name) + ",\"where\":{" + where + "}," + spread(fact.seconds);
  if (fact.bytes > 0)
    line += ",\"GBps\":" + number(fact.bytes / realgpu::quantile(fact.seconds, 0.5) * 1e-9);
  std::cout << line << "}" << std::endl;
}

void print(const std::vector<realgpu::Fact>& facts) {
  for (const realgpu::Fact& fact : facts) print(fact);
}

// Runs `part`; a failure is told on stderr and does not take the other parts with it.
template <class Part>
bool survives(const std::string& name, const Part& part) {
  try {
    part();
    return true;
  } catch (const std::exception& error) {
    std::cerr << "first_light: " << name << ": " << error.what() << "\n";
    return false;
  }
}

int measure_facts() {
  constexpr realgpu::GpuPair kPair{0, 1};
  bool fine = survives("launch", [&] { print(realgpu::launch_facts(kPair)); });
  fine = survives("latency", [&] { print(realgpu::latency_facts(kPair)); }) && fine;
  fine = survives("copy engines", [&] { print(realgpu::copy_engine_facts(kPair)); }) && fine;
  fine = survives("sm", [&] { print(realgpu::sm_facts(kPair)); }) && fine;
  return fine ? 0 : 1;
}

struct Case {
  models::Operation operation;
  std::string algorithm;
  int ranks;
  models::LaneShape shape;
};

models::Plan plan_of(const Case& one, Bytes bytes, int devices) {
  models::CollectiveRequest request;
  request.operation = one.operation;
  for (int r = 0; r < one.ranks; ++r)
    request.gpu_of_rank.push_back(r * devices / one.ranks);  // neighbours share a GPU
  request.bytes = bytes;
  request.shape = one.shape;
  return models::build_plan(models::find_algorithm(one.operation, one.algorithm), request);
}

std::string ops_of(const models::Timeline& timeline) {
  std::string text;
  for (std::size_t i = 0; i < timeline.end.size(); ++i)
    text += (i == 0 ? "[" : ",[") + number(to_us(timeline.start[i])) + "," +
            number(to_us(timeline.end[i])) + "]";
  return "[" + text + "]";
}

// Returns whether the numbers are right.
bool measure(const Case& one, Bytes bytes, int devices) {
  const models::Plan plan = plan_of(one, bytes, devices);
  models::Inputs inputs;
  inputs.decays = {0.9};
  const models::Execution run = realgpu::make_realgpu({})->execute(plan, inputs);
  std::vector<double> seconds;
  for (const Duration sample : run.samples)
    seconds.push_back(static_cast<double>(sample.ps) * 1e-12);
  std::string line = "{\"plan\":" + quoted(plan.name) + ",\"ranks\":" + std::to_string(one.ranks) +
                     ",\"gpus\":" + std::to_string(devices) +
                     ",\"bytes\":" + std::to_string(bytes.count) +
                     ",\"ctas\":" + std::to_string(one.shape.ctas) +
                     ",\"threads\":" + std::to_string(one.shape.threads) +
                     ",\"loads\":" + std::to_string(one.shape.loads_in_flight) +
                     ",\"ops\":" + std::to_string(plan.ops.size()) + "," + spread(seconds);
  line += ",\"correct\":" + std::string(run.numbers->correct ? "true" : "false") +
          ",\"max_error\":" + number(run.numbers->max_error) +
          ",\"reason\":" + quoted(run.numbers->reason) +
          ",\"replay_us\":" + number(to_us(run.timeline.makespan()));
  if (plan.ops.size() <= 40) line += ",\"timeline_us\":" + ops_of(run.timeline);
  std::cout << line << "}" << std::endl;
  return run.numbers->correct;
}

// Of all ranks together: what the host can check in a few seconds.
constexpr std::int64_t kMostMib = 256;

std::vector<Case> cases(int devices) {
  using models::Operation;
  const models::LaneShape usual;
  std::vector<Case> all;
  for (const int ranks : {devices, 8}) {
    for (const std::string name : {"two_shot", "one_shot", "ring"})
      all.push_back({Operation::all_reduce, name, ranks, usual});
    for (const std::string name : {"ring_decoupled", "ring_coupled", "blelloch"})
      all.push_back({Operation::exscan, name, ranks, usual});
    all.push_back({Operation::all_to_all, "direct", ranks, usual});
  }
  for (const std::int16_t loads : std::initializer_list<std::int16_t>{2, 4, 8})
    all.push_back({Operation::all_reduce, "two_shot", devices, {32, 512, 16, loads}});
  return all;
}

int measure_plans(std::int64_t largest_mib) {
  const int devices = std::min(realgpu::describe_devices().devices, 2);
  int wrong = 0;
  int failed = 0;
  for (const Case& one : cases(devices))
    for (Bytes bytes = kib(64); bytes <= mib(std::min(largest_mib, kMostMib / one.ranks));
         bytes = bytes * 4)
      failed +=
          survives(one.algorithm, [&] { wrong += measure(one, bytes, devices) ? 0 : 1; }) ? 0 : 1;
  if (wrong > 0) std::cerr << wrong << " plans with wrong numbers\n";
  return failed > 0 ? 1 : (wrong > 0 ? 3 : 0);
}

int run(const std::string& what, std::int64_t largest_mib) {
  const realgpu::DeviceInfo info = realgpu::describe_devices();
  std::cout << "{\"devices\":" << info.devices << ",\"description\":" << quoted(info.description)
            << "}" << std::endl;
  if (info.devices == 0) throw UnsupportedError(info.description);
  int code = 0;
  if (what == "facts" || what == "all") code = measure_facts();
  if (what == "plans" || what == "all") code = std::max(code, measure_plans(largest_mib));
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : "all", argc > 2 ? std::atoll(argv[2]) : 64);
  } catch (const UnsupportedError& error) {
    std::cerr << "first_light: " << error.what() << "\n";
    return 5;
  } catch (const std::exception& error) {
    std::cerr << "first_light: " << error.what() << "\n";
    return 1;
  }
}
