#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "realgpu/measure/plan_sets.h"
#include "realgpu/measure/suite_plans.h"
#include "realgpu/nccl_baseline.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::LaneShape;
using models::Operation;

constexpr int kRanks = 2;
constexpr std::int64_t kMiB = 1 << 20;
// Of broadcast and sendrecv: larger ones tell nothing that all-gather does not.
constexpr std::int64_t kMostOfOne = 16 * kMiB;
// The last size at which every algorithm runs, and how many of its fastest run beyond it: there
// comparing a set with its definition takes a second, and bandwidth no longer changes.
constexpr std::int64_t kMostOfAll = 64 * kMiB;
constexpr std::size_t kFastest = 2;
constexpr Operation kOperations[] = {Operation::all_reduce,     Operation::all_gather,
                                     Operation::reduce_scatter, Operation::all_to_all,
                                     Operation::broadcast,      Operation::sendrecv};

std::vector<std::int64_t> sizes(bool quick) {
  if (quick) return {1 << 10, 64 << 10, kMiB, 16 * kMiB};
  return {1 << 10,  4 << 10,   16 << 10,  64 << 10,  256 << 10,  kMiB,       2 * kMiB,  4 * kMiB,
          8 * kMiB, 16 * kMiB, 32 * kMiB, 64 * kMiB, 128 * kMiB, 256 * kMiB, 512 * kMiB};
}

// Null, and named as skipped, where there is no NCCL.
std::unique_ptr<NcclBaseline> find_nccl(Recorder& recorder) {
  try {
    auto nccl = std::make_unique<NcclBaseline>(std::vector<int>{0, 1});
    recorder.environment().nccl = nccl->version();
    return nccl;
  } catch (const UnsupportedError& error) {
    recorder.skip("nccl", error.what());
    return nullptr;
  }
}

// In one graph: the larger, the less its launch counts, and the longer they take.
int calls_of(std::int64_t bytes) {
  if (bytes > kMostOfAll) return 4;
  if (bytes == kMostOfAll) return 10;
  return bytes >= 4 * kMiB ? 20 : 50;
}

void add_nccl(Recorder& recorder, const NcclBaseline& nccl, Operation operation,
              std::int64_t bytes) {
  for (const bool registered : {false, true}) {
    const What what{
        {"measure", "collective"}, {"operation", std::string(models::name_of(operation))},
        {"algorithm", "nccl"},     {"ranks", double{kRanks}},
        {"gpus", double{kRanks}},  {"bytes", static_cast<double>(bytes)},
        {"element", "fp32"},       {"registered", std::string(registered ? "yes" : "no")}};
    const int calls = calls_of(bytes);
    recorder.add(what, {static_cast<double>(bytes), 0}, [&] {
      const SampleCount count{recorder.quick() ? 2 : 5, recorder.quick() ? 7 : 20};
      return Sampled{nccl.seconds({models::name_of(operation), bytes, registered}, count, calls),
                     "replays of one graph of " + std::to_string(calls) + " calls"};
    });
  }
}

std::optional<double> add_algorithm(Recorder& recorder, const models::Algorithm& algorithm,
                                    std::int64_t bytes, const LaneShape& shape) {
  PlanCase one{"collective", &algorithm, {}};
  one.request.operation = algorithm.operation;
  one.request.gpu_of_rank = spread_over(kRanks, kRanks);
  one.request.bytes = Bytes{bytes};
  one.request.shape = shape;
  return add_plan(recorder, one);
}

// The algorithms that still run, by operation.
class Field {
 public:
  Field() {
    for (const Operation operation : kOperations) left_[operation] = runnable(operation);
  }
  void add(Recorder& recorder, Operation operation, std::int64_t bytes) {
    std::vector<std::pair<double, const models::Algorithm*>> times;
    for (const models::Algorithm* algorithm : left_[operation])
      for (const LaneShape& shape : shapes_for(bytes, recorder.quick()))
        if (const auto seconds = add_algorithm(recorder, *algorithm, bytes, shape))
          times.emplace_back(*seconds, algorithm);
    if (bytes == kMostOfAll) keep_fastest(operation, times);
  }

 private:
  void keep_fastest(Operation operation,
                    std::vector<std::pair<double, const models::Algorithm*>>& times) {
    std::sort(times.begin(), times.end());
    auto& left = left_[operation];
    left.clear();
    for (const auto& [seconds, algorithm] : times)  // one may lead in several lane shapes
      if (left.size() < kFastest && std::find(left.begin(), left.end(), algorithm) == left.end())
        left.push_back(algorithm);
  }
  std::map<Operation, std::vector<const models::Algorithm*>> left_;
};

}  // namespace

void measure_collectives(Recorder& recorder) {
  const std::unique_ptr<NcclBaseline> nccl = find_nccl(recorder);
  Field field;
  for (const std::int64_t bytes : sizes(recorder.quick()))
    for (const Operation operation : kOperations) {
      const bool moves_one = operation == Operation::broadcast || operation == Operation::sendrecv;
      if (moves_one && bytes > kMostOfOne) continue;
      if (nccl) add_nccl(recorder, *nccl, operation, bytes);
      field.add(recorder, operation, bytes);
    }
}

}  // namespace twinlink::realgpu
