// What the smallest exchanges of two GPUs are made of: fused plans of one step each, from nothing
// to an all-gather, with and without cooperative and overlapped launches.
//
//   pair_limits [--bytes BYTES] [--copies]
//
// JSON lines on stdout, a table on stderr (median us per launch, launches back to back in a graph).
// --copies: instead, plans with copy lanes by mode (fused: stream memory operations; stream:
// events), 64 KiB to 1 GiB. Exit 0; 3: wrong numbers; 5: fewer than two devices.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "models/collectives/catalogue.h"
#include "models/plan/plan_builder.h"
#include "realgpu/quantile.h"
#include "realgpu/realgpu.h"
#include "tests/gpu/pair_plans.h"
#include "topology/error.h"

using namespace twinlink;

namespace {

struct Case {
  std::string name;
  models::Plan plan;
};

// One lane per GPU and an input and output each, without a claim.
class Steps {
 public:
  Steps(const std::string& name, Bytes bytes, const models::LaneShape& shape)
      : builder_(name, std::vector<std::int32_t>{0, 1}), bytes_(bytes) {
    group_ = builder_.add_group({Rank{0}, Rank{1}});
    for (int r = 0; r < 2; ++r) {
      const Rank rank{r};
      lanes_.push_back(builder_.add_sm_lane(
          builder_.add_kernel({rank, models::LaunchMode::graph, name}), shape));
      for (const char* of : {"in", "out"})
        buffers_.push_back(builder_.add_buffer(
            {rank, models::BufferRole::scratch, models::ElementType::fp32, bytes, of}));
    }
  }
  Steps& nothing() {
    for (std::size_t r = 0; r < 2; ++r) copy(r, input(r), output(r), Bytes{0});
    return *this;
  }
  Steps& meet(models::Edge edge) {
    const std::uint32_t meeting = builder_.add_rendezvous({group_, edge});
    for (const LaneId lane : lanes_) builder_.barrier(lane, meeting, {});
    return *this;
  }
  Steps& own() {
    for (std::size_t r = 0; r < 2; ++r) copy(r, input(r), output(r), bytes_);
    return *this;
  }
  Steps& pull() {
    for (std::size_t r = 0; r < 2; ++r) copy(r, input(1 - r), output(r), bytes_);
    return *this;
  }
  models::Plan plan() { return builder_.finish(); }

 private:
  [[nodiscard]] BufferId input(std::size_t r) const { return buffers_[2 * r]; }
  [[nodiscard]] BufferId output(std::size_t r) const { return buffers_[2 * r + 1]; }
  void copy(std::size_t r, BufferId from, BufferId to, Bytes bytes) {
    builder_.copy(lanes_[r], {from, 0, {}, bytes}, {to, 0, {}, bytes}, {});
  }
  models::PlanBuilder builder_;
  Bytes bytes_;
  GroupId group_;
  std::vector<LaneId> lanes_;
  std::vector<BufferId> buffers_;
};

models::Plan collective(models::Operation operation, const char* name, Bytes bytes,
                        const models::LaneShape& shape) {
  models::CollectiveRequest request;
  request.operation = operation;
  request.gpu_of_rank = {0, 1};
  request.bytes = bytes;
  request.shape = shape;
  return models::build_plan(models::find_algorithm(operation, name), request);
}

std::vector<Case> small_cases(Bytes bytes, const models::LaneShape& shape) {
  using models::Operation;
  std::vector<Case> all;
  const auto add = [&](const std::string& name, models::Plan plan) {
    all.push_back({name, std::move(plan)});
  };
  add("nothing", Steps("nothing", bytes, shape).nothing().plan());
  add("own copy", Steps("own", bytes, shape).own().plan());
  add("pull", Steps("pull", bytes, shape).pull().plan());
  add("meet relaxed", Steps("meet", bytes, shape).meet(models::Edge::flag_relaxed).plan());
  add("meet fenced", Steps("meet", bytes, shape).meet(models::Edge::flag_fenced).plan());
  add("all_gather push", collective(Operation::all_gather, "push", bytes, shape));
  add("all_gather ring", collective(Operation::all_gather, "ring", bytes, shape));
  add("all_to_all push", collective(Operation::all_to_all, "push", bytes, shape));
  add("reduce_scatter push", collective(Operation::reduce_scatter, "push", bytes, shape));
  add("all_reduce push", collective(Operation::all_reduce, "one_shot_push", bytes, shape));
  return all;
}

// Median us of a launch; below 0: wrong numbers.
double measure(const Case& item, const realgpu::Options& options) {
  const models::Execution run = realgpu::make_realgpu(options)->execute(item.plan, {});
  if (run.numbers && !run.numbers->correct) {
    std::cerr << item.name << ": " << run.numbers->reason << "\n";
    return -1;
  }
  std::vector<double> us;
  for (const Duration sample : run.samples) us.push_back(to_us(sample));
  return realgpu::quantile(us, 0.5);
}

int small(Bytes bytes) {
  int code = 0;
  for (const int threads : {64, 256, 512}) {
    const models::LaneShape shape{1, static_cast<std::int16_t>(threads), 16, 4};
    std::fprintf(stderr, "%lld bytes, 1 CTA of %d threads; us by (cooperative, overlapped)\n",
                 static_cast<long long>(bytes.count), threads);
    for (const Case& item : small_cases(bytes, shape)) {
      std::fprintf(stderr, "  %-22s", item.name.c_str());
      for (const int how : {0, 1, 2, 3}) {
        realgpu::Options options;
        options.mode = realgpu::Mode::fused;
        options.timeline = false;
        options.cooperative = (how & 1) != 0;
        options.overlapped = (how & 2) != 0;
        const double us = measure(item, options);
        if (us < 0) code = 3;
        std::fprintf(stderr, "  (%d,%d) %6.3f", how & 1, how >> 1, us);
        std::printf(
            "{\"case\":\"%s\",\"bytes\":%lld,\"threads\":%d,\"cooperative\":%d,"
            "\"overlapped\":%d,\"median_us\":%.4f}\n",
            item.name.c_str(), static_cast<long long>(bytes.count), threads, how & 1, how >> 1, us);
      }
      std::fprintf(stderr, "\n");
    }
  }
  return code;
}

int copies() {
  using models::Operation;
  int code = 0;
  const models::LaneShape shape{64, 512, 16, 4};
  std::fprintf(stderr, "plans with copy lanes: us fused / stream\n");
  for (const Bytes bytes : {kib(64), mib(1), mib(16), mib(64), mib(256), mib(1024)}) {
    testing::PushRequest request;
    request.gpu_of_rank = {0, 1};
    request.bytes = bytes;
    request.shape = shape;
    std::vector<Case> cases;
    cases.push_back({"all_gather", collective(Operation::all_gather, "copy_engine", bytes, shape)});
    cases.push_back({"all_to_all", collective(Operation::all_to_all, "copy_engine", bytes, shape)});
    cases.push_back({"two_shot_copies", testing::two_shot_copies(request)});
    for (const Case& item : cases) {
      std::fprintf(stderr, "  %12lld %-16s", static_cast<long long>(bytes.count),
                   item.name.c_str());
      for (const realgpu::Mode mode : {realgpu::Mode::fused, realgpu::Mode::stream}) {
        realgpu::Options options;
        options.mode = mode;
        options.timeline = false;
        options.repeats = bytes >= mib(64) ? 1 : 10;
        const double us = measure(item, options);
        if (us < 0) code = 3;
        std::fprintf(stderr, "  %9.2f", us);
        std::printf("{\"case\":\"%s\",\"bytes\":%lld,\"mode\":\"%s\",\"median_us\":%.4f}\n",
                    item.name.c_str(), static_cast<long long>(bytes.count),
                    mode == realgpu::Mode::fused ? "fused" : "stream", us);
      }
      std::fprintf(stderr, "\n");
    }
  }
  return code;
}

int run(int argc, char** argv) {
  if (realgpu::describe_devices().devices < 2) throw UnsupportedError("two devices are needed");
  Bytes bytes = kib(1);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--copies") == 0) return copies();
    if (std::strcmp(argv[i], "--bytes") == 0 && i + 1 < argc) bytes = Bytes{std::atoll(argv[++i])};
  }
  return small(bytes);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const UnsupportedError& error) {
    std::cerr << "pair_limits: " << error.what() << "\n";
    return 5;
  } catch (const std::exception& error) {
    std::cerr << "pair_limits: " << error.what() << "\n";
    return 1;
  }
}
