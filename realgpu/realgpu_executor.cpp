#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "realgpu/devices.h"
#include "realgpu/fused_program.h"
#include "realgpu/graph.h"
#include "realgpu/library_program.h"
#include "realgpu/measured_timeline.h"
#include "realgpu/peer_access.h"
#include "realgpu/process_clocks.h"
#include "realgpu/process_numbers.h"
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
constexpr int kLeadIn = 4;  // plans before a sample of several processes, so that all begin at once

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
  // `devices`: of this process. `processes`: null: the only one.
  Run(const Plan& plan, const Inputs& inputs, const std::vector<int>& devices,
      const Options& options, ProcessGpus* processes)
      : plan_(plan),
        devices_(devices),
        processes_(processes),
        memory_(plan, inputs, processes),
        schedule_(make_stream_schedule(plan)) {
    step("program", [&] { make_program(inputs, options); });
  }

  // First bytes in, the plan once, claims compared.
  models::Numbers check(const std::function<void()>& replay) const {
    step("first bytes", [&] { memory_.reset(); });
    step("checked run", [&] {
      replay();
      synchronize();
    });
    models::Numbers numbers;
    step("comparison", [&] { numbers = memory_.verify(); });
    if (processes_ != nullptr) return combined(processes_->group(), numbers);
    if (!numbers.correct || !launcher_) return numbers;
    const models::Numbers products = launcher_->products_verdict();
    return products.correct ? numbers : products;
  }
  // Around check, and around the capture of what it replays.
  void compare_products(bool compare) {
    if (launcher_) launcher_->compare_products(compare);
  }
  [[nodiscard]] std::string digest() const { return memory_.digest(); }
  [[nodiscard]] const char* mode() const { return program_->mode(); }
  void issue_eagerly(int repeats) const { program_->issue(repeats, nullptr); }

  std::vector<Duration> sample(const Options& options) const {
    std::vector<Duration> samples;
    step("samples", [&] { samples = own_samples(options); });
    return processes_ == nullptr ? samples : slowest(processes_->group(), samples);
  }

  models::Timeline timeline() const {
    models::Timeline timeline;
    step("timeline", [&] { timeline = own_timeline(); });
    return timeline;
  }

  // The numbers of the way that was timed: a graph, or the eager issue.
  models::Numbers check_as_timed() {
    compare_products(true);
    if (!all_lanes_are_graph(plan_)) return check([&] { issue_eagerly(1); });
    const Graph graph(program_->origin(), [&] { issue_eagerly(1); });
    return check([&] { graph.launch(program_->origin()); });
  }

 private:
  // On every process, or only here; what throws on one throws on all.
  void step(const char* what, const std::function<void()>& local) const {
    if (processes_ == nullptr) return local();
    processes_->group().together(what, local);
  }

  void make_program(const Inputs& inputs, const Options& options) {
    if (processes_ != nullptr && is_library_plan(plan_) && options.mode != Mode::fused) {
      program_ = std::make_unique<LibraryProgram>(plan_, schedule_, memory_);
      return;
    }
    if (processes_ != nullptr && options.mode == Mode::stream)
      throw UnsupportedError("stream mode drives all GPUs from one process: " + plan_.name +
                             " runs in fused mode only when several are started");
    if (options.mode != Mode::stream) program_ = fused(inputs, options);
    if (program_) return;
    launcher_.emplace(plan_, inputs, memory_);
    program_ = std::make_unique<StreamProgram>(plan_, schedule_, *launcher_);
  }

  std::vector<Duration> own_samples(const Options& options) const {
    const bool graph = all_lanes_are_graph(plan_);
    const int repeats = graph ? repeats_for(options) : 1;
    std::optional<Graph> captured;
    if (graph) captured.emplace(program_->origin(), [&] { issue_eagerly(repeats); });
    const auto replay = [&] { captured ? captured->launch(program_->origin()) : issue_eagerly(1); };
    std::vector<Duration> samples;
    for (const double seconds :
         replay_seconds(program_->origin(), {options.warmup, options.iterations}, replay,
                        {[&] { meet_before_sample(graph); }, [&] { program_->await(); }}))
      samples.push_back(from_seconds(seconds / repeats));
    program_->check_health();
    return samples;
  }

  // Devices of the plan, and what aligns their timers.
  [[nodiscard]] std::pair<std::vector<int>, std::vector<long long>> timers() const {
    if (processes_ == nullptr) return {devices_, timer_corrections(devices_)};
    std::vector<int> gpus;
    for (int p = 0; p < processes_->group().size(); ++p) gpus.push_back(processes_->gpu_of(p));
    return {gpus, timer_corrections(*processes_)};
  }

  [[nodiscard]] models::Timeline own_timeline() const {
    const auto [gpus, corrections] = timers();
    const Stamps stamps(plan_, devices_);
    program_->issue(1, &stamps);  // loads the stamping kernels, which capture might not allow
    synchronize();
    std::optional<Graph> captured;
    if (all_lanes_are_graph(plan_))
      captured.emplace(program_->origin(), [&] { program_->issue(1, &stamps); });
    const auto replay = [&] {
      meet_before_sample(captured.has_value());
      captured ? captured->launch(program_->origin()) : program_->issue(1, &stamps);
      synchronize();
    };
    AllStamps all;
    if (processes_ != nullptr)
      all = [this](const std::vector<Stamp>& mine) { return merged(processes_->group(), mine); };
    return measure_timeline({plan_, schedule_, gpus, corrections}, stamps, replay, all);
  }

  // The processes' hosts begin up to some 10 us apart; their GPUs meet in plans that are not timed.
  void meet_before_sample(bool graph) const {
    if (processes_ == nullptr) return;
    processes_->group().barrier("sample");
    if (graph) issue_eagerly(kLeadIn);
  }

  // Null: automatic, and the plan cannot be fused.
  std::unique_ptr<Program> fused(const Inputs& inputs, const Options& options) const {
    try {
      if (multiplies(plan_))
        throw UnsupportedError("fused mode: products of compute ops are calls of a library");
      if (const std::string why = why_not_fused(plan_); !why.empty())
        throw UnsupportedError("fused mode: " + why);
      return std::make_unique<FusedProgram>(plan_, inputs, memory_, options);
    } catch (const UnsupportedError& error) {
      if (processes_ != nullptr)
        throw UnsupportedError(std::string(error.what()) +
                               " (started as several processes, which needs fused mode; one "
                               "process drives all GPUs in stream mode)");
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
    program_->await();
    for (const int device : devices_) {
      const DeviceScope scope(device);
      TL_CUDA(cudaDeviceSynchronize());
    }
    program_->check_health();
  }

  const Plan& plan_;
  const std::vector<int>& devices_;
  ProcessGpus* processes_;
  PlanMemory memory_;
  StreamSchedule schedule_;
  std::optional<OpLauncher> launcher_;  // stream mode only
  std::unique_ptr<Program> program_;
};

class RealgpuExecutor : public models::Executor {
 public:
  RealgpuExecutor(const Options& options, int devices) : options_(options), devices_(devices) {
    if (options.processes != nullptr) processes_ = std::make_unique<ProcessGpus>(options.processes);
  }

  Execution execute(const Plan& plan, const Inputs& inputs) override {
    if (plan.ops.empty()) throw UnsupportedError("a plan without ops has nothing to measure");
    if (plan.ops.size() > kMaxOps)
      throw UnsupportedError("a plan of " + std::to_string(plan.ops.size()) +
                             " ops on GPUs: the limit is " + std::to_string(kMaxOps));
    if (processes_ != nullptr) {
      processes_->group().barrier("plan " + plan.name + " of " + std::to_string(plan.ops.size()) +
                                  " ops, seed " + std::to_string(inputs.seed));
      Plan own;
      processes_->group().together("GPUs", [&] { own = processes_->own_names(plan); });
      return execute_on(own, inputs, {processes_->device()});
    }
    const std::vector<int> devices = devices_of(plan, devices_);
    enable_peer_access(devices);
    return execute_on(plan, inputs, devices);
  }

 private:
  [[nodiscard]] Execution execute_on(const Plan& plan, const Inputs& inputs,
                                     const std::vector<int>& devices) const {
    Run run(plan, inputs, devices, options_, processes_.get());
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
    execution.digest = run.digest();
    if (execution.numbers->correct) return execution;
    return {{}, execution.numbers, {}, execution.mode};
  }

  static models::Numbers worse(const models::Numbers& before, const models::Numbers& after) {
    models::Numbers both = after;
    both.max_error = std::max(before.max_error, after.max_error);
    return both;
  }

  Options options_;
  int devices_;
  std::unique_ptr<ProcessGpus> processes_;  // null: one process
};

}  // namespace

std::unique_ptr<models::Executor> make_realgpu(const Options& options) {
  std::string why;
  const int devices = device_count(&why);
  if (devices == 0 && options.processes == nullptr)
    throw UnsupportedError("executor realgpu: no CUDA device" + (why.empty() ? "" : ": " + why));
  return std::make_unique<RealgpuExecutor>(options, devices);
}

}  // namespace twinlink::realgpu
