#include <algorithm>
#include <memory>

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
constexpr Operation kOperations[] = {Operation::all_reduce,     Operation::all_gather,
                                     Operation::reduce_scatter, Operation::all_to_all,
                                     Operation::broadcast,      Operation::sendrecv};

std::vector<std::int64_t> sizes(bool quick) {
  if (quick) return {1 << 10, 64 << 10, kMiB, 16 * kMiB};
  return {1 << 10,  4 << 10,  16 << 10,  64 << 10,  256 << 10, kMiB,
          2 * kMiB, 4 * kMiB, 16 * kMiB, 64 * kMiB, 256 * kMiB};
}

// Few CTAs where there is little to do, up to all SMs. Quick: one shape.
std::vector<LaneShape> shapes(std::int64_t bytes, bool quick) {
  const auto ctas = [bytes](std::int64_t each) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(bytes / each, 1, 128));
  };
  if (bytes > 32 * kMiB) return {{128, 512, 16, 4}};
  if (bytes >= kMiB && quick) return {{128, 512, 16, 4}};
  if (bytes >= kMiB) return {{64, 512, 16, 4}, {128, 512, 16, 4}};
  if (quick) return {{ctas(4096), 512, 16, 4}};
  if (bytes <= 64 << 10) return {{ctas(1024), 64, 16, 4}, {ctas(4096), 256, 16, 4}};
  return {{ctas(4096), 512, 16, 4}, {ctas(7168), 512, 16, 4}};
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

void add_nccl(Recorder& recorder, const NcclBaseline& nccl, Operation operation,
              std::int64_t bytes) {
  for (const bool registered : {false, true}) {
    const What what{
        {"measure", "collective"}, {"operation", std::string(models::name_of(operation))},
        {"algorithm", "nccl"},     {"ranks", double{kRanks}},
        {"gpus", double{kRanks}},  {"bytes", static_cast<double>(bytes)},
        {"element", "fp32"},       {"registered", std::string(registered ? "yes" : "no")}};
    const int calls = bytes >= 64 * kMiB ? 10 : (bytes >= 4 * kMiB ? 20 : 50);
    recorder.add(what, {static_cast<double>(bytes), 0}, [&] {
      const SampleCount count{recorder.quick() ? 2 : 5, recorder.quick() ? 7 : 20};
      return Sampled{nccl.seconds({models::name_of(operation), bytes, registered}, count, calls),
                     "replays of one graph of " + std::to_string(calls) + " calls"};
    });
  }
}

void add_algorithms(Recorder& recorder, Operation operation, std::int64_t bytes) {
  for (const models::Algorithm* algorithm : runnable(operation))
    for (const LaneShape& shape : shapes(bytes, recorder.quick())) {
      PlanCase one{"collective", algorithm, {}};
      one.request.operation = operation;
      one.request.gpu_of_rank = spread_over(kRanks, kRanks);
      one.request.bytes = Bytes{bytes};
      one.request.shape = shape;
      add_plan(recorder, one);
    }
}

}  // namespace

void measure_collectives(Recorder& recorder) {
  const std::unique_ptr<NcclBaseline> nccl = find_nccl(recorder);
  for (const std::int64_t bytes : sizes(recorder.quick()))
    for (const Operation operation : kOperations) {
      const bool moves_one = operation == Operation::broadcast || operation == Operation::sendrecv;
      if (moves_one && bytes > kMostOfOne) continue;
      if (nccl) add_nccl(recorder, *nccl, operation, bytes);
      add_algorithms(recorder, operation, bytes);
    }
}

}  // namespace twinlink::realgpu
