#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "realgpu/devices.h"
#include "realgpu/fused_program.h"
#include "realgpu/graph.h"
#include "realgpu/measured_timeline.h"
#include "realgpu/peer_access.h"
#include "realgpu/realgpu.h"
#include "realgpu/stream_program.h"
#include "realgpu/timing.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::Execution;
using models::Inputs;
using models::LaunchMode;
using models::Plan;

constexpr std::size_t kMaxOps = 100'000;  // events and graph nodes beyond are no measurement
constexpr std::size_t kMaxNodes = 20'000;

// The devices of the plan's ranks, ascending.
std::vector<int> devices_of(const Plan& plan, int available) {
  std::vector<int> devices(plan.gpu_of_rank.begin(), plan.gpu_of_rank.end());
  std::sort(devices.begin(), devices.end());
  devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
  if (!devices.empty() && (devices.front() < 0 || devices.back() >= available))
    throw UnsupportedError("the plan runs on GPU " + std::to_string(devices.back()) +
                           ", this machine has " + std::to_string(available) +
                           " (several ranks may share a GPU: ranks_per_gpu)");
  return devices;
}

bool all_lanes_are_graph(const Plan& plan) {
  return std::all_of(plan.lanes.begin(), plan.lanes.end(),
                     [](const models::Lane& lane) { return lane.launch == LaunchMode::graph; });
}

bool multiplies(const Plan& plan) {
  return std::any_of(plan.computes.begin(), plan.computes.end(),
                     [](const models::Compute& work) { return !work.products.empty(); });
}

Duration from_seconds(double seconds) {
  return {static_cast<std::int64_t>(std::ceil(seconds * 1e12))};
}

// One plan, made ready to run: memory and a program in one of the modes.
class Run {
 public:
  Run(const Plan& plan, const Inputs& inputs, const std::vector<int>& devices,
      const Options& options)
      : plan_(plan),
        devices_(devices),
        memory_(plan, inputs),
        schedule_(make_stream_schedule(plan)) {
    if (options.mode != Mode::stream) program_ = fused(inputs, options);
    if (program_) return;
    launcher_.emplace(plan, inputs, memory_);
    program_ = std::make_unique<StreamProgram>(plan, schedule_, *launcher_);
  }

  // First bytes in, the plan once, claims compared.
  models::Numbers check(const std::function<void()>& replay) const {
    memory_.reset();
    replay();
    synchronize();
    const models::Numbers numbers = memory_.verify();
    if (!numbers.correct || !launcher_) return numbers;
    const models::Numbers products = launcher_->products_verdict();
    return products.correct ? numbers : products;
  }
  // Around check, and around the capture of what it replays.
  void compare_products(bool compare) {
    if (launcher_) launcher_->compare_products(compare);
  }
  [[nodiscard]] const char* mode() const { return program_->mode(); }
  void issue_eagerly(int repeats) const { program_->issue(repeats, nullptr); }

  std::vector<Duration> sample(const Options& options) const {
    const bool graph = all_lanes_are_graph(plan_);
    const int repeats = graph ? repeats_for(options) : 1;
    std::optional<Graph> captured;
    if (graph) captured.emplace(program_->origin(), [&] { issue_eagerly(repeats); });
    const auto replay = [&] { captured ? captured->launch(program_->origin()) : issue_eagerly(1); };
    std::vector<Duration> samples;
    for (const double seconds :
         replay_seconds(program_->origin(), {options.warmup, options.iterations}, replay))
      samples.push_back(from_seconds(seconds / repeats));
    program_->check_health();
    return samples;
  }

  models::Timeline timeline() const {
    const std::vector<long long> corrections = timer_corrections(devices_);
    const Stamps stamps(plan_, devices_);
    program_->issue(1, &stamps);  // loads the stamping kernels, which capture might not allow
    synchronize();
    std::optional<Graph> captured;
    if (all_lanes_are_graph(plan_))
      captured.emplace(program_->origin(), [&] { program_->issue(1, &stamps); });
    return measure_timeline({plan_, schedule_, devices_, corrections}, stamps, [&] {
      captured ? captured->launch(program_->origin()) : program_->issue(1, &stamps);
      synchronize();
    });
  }

  // The numbers of the way that was timed: a graph, or the eager issue.
  models::Numbers check_as_timed() {
    compare_products(true);
    if (!all_lanes_are_graph(plan_)) return check([&] { issue_eagerly(1); });
    const Graph graph(program_->origin(), [&] { issue_eagerly(1); });
    return check([&] { graph.launch(program_->origin()); });
  }

 private:
  // Null: automatic, and the plan cannot be fused.
  std::unique_ptr<Program> fused(const Inputs& inputs, const Options& options) const {
    try {
      if (multiplies(plan_))
        throw UnsupportedError("fused mode: products of compute ops are calls of a library");
      if (const std::string why = why_not_fused(plan_); !why.empty())
        throw UnsupportedError("fused mode: " + why);
      return std::make_unique<FusedProgram>(plan_, inputs, memory_, options);
    } catch (const UnsupportedError& error) {
      if (options.mode == Mode::fused) throw;
      if (options.note) options.note(plan_.name + " runs in stream mode: " + error.what());
      return nullptr;
    }
  }
  [[nodiscard]] int repeats_for(const Options& options) const {
    const std::size_t most = std::max<std::size_t>(1, kMaxNodes / plan_.ops.size());
    return std::clamp(options.repeats * program_->repeat_factor(), 1, static_cast<int>(most));
  }
  void synchronize() const {
    for (const int device : devices_) {
      const DeviceScope scope(device);
      TL_CUDA(cudaDeviceSynchronize());
    }
    program_->check_health();
  }

  const Plan& plan_;
  const std::vector<int>& devices_;
  PlanMemory memory_;
  StreamSchedule schedule_;
  std::optional<OpLauncher> launcher_;  // stream mode only
  std::unique_ptr<Program> program_;
};

class RealgpuExecutor : public models::Executor {
 public:
  RealgpuExecutor(const Options& options, int devices) : options_(options), devices_(devices) {}

  Execution execute(const Plan& plan, const Inputs& inputs) override {
    if (plan.ops.empty()) throw UnsupportedError("a plan without ops has nothing to measure");
    if (plan.ops.size() > kMaxOps)
      throw UnsupportedError("a plan of " + std::to_string(plan.ops.size()) +
                             " ops on GPUs: the limit is " + std::to_string(kMaxOps));
    const std::vector<int> devices = devices_of(plan, devices_);
    enable_peer_access(devices);
    Run run(plan, inputs, devices, options_);
    // Eagerly first: that also loads every kernel, which capture might not allow.
    Execution execution;
    execution.mode = run.mode();
    run.compare_products(true);
    execution.numbers = run.check([&] { run.issue_eagerly(1); });
    run.compare_products(false);
    if (!execution.numbers->correct) return execution;
    execution.samples = run.sample(options_);
    if (options_.timeline) execution.timeline = run.timeline();
    execution.numbers = worse(*execution.numbers, run.check_as_timed());
    if (execution.numbers->correct) return execution;
    return {{}, execution.numbers, {}, execution.mode};
  }

 private:
  static models::Numbers worse(const models::Numbers& before, const models::Numbers& after) {
    models::Numbers both = after;
    both.max_error = std::max(before.max_error, after.max_error);
    return both;
  }

  Options options_;
  int devices_;
};

}  // namespace

std::unique_ptr<models::Executor> make_realgpu(const Options& options) {
  std::string why;
  const int devices = device_count(&why);
  if (devices == 0)
    throw UnsupportedError("executor realgpu: no CUDA device" + (why.empty() ? "" : ": " + why));
  return std::make_unique<RealgpuExecutor>(options, devices);
}

}  // namespace twinlink::realgpu
