#include <algorithm>

#include "realgpu/devices.h"
#include "realgpu/measure/plan_sets.h"
#include "realgpu/measure/suite_links.h"
#include "realgpu/measure/suite_plans.h"

namespace twinlink::realgpu {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

std::vector<std::int64_t> sizes(bool quick, int ranks) {
  if (quick) return {64 << 10, kMiB};
  std::vector<std::int64_t> all{4 << 10, 64 << 10, kMiB};
  if (ranks <= 8) all.insert(all.end(), {4 * kMiB, 16 * kMiB});
  if (ranks == 2) all.push_back(64 * kMiB);
  return all;
}

// So few CTAs that what an SM can do bounds them, not HBM or the link.
constexpr models::LaneShape kFewCtas{8, 512, 16, 4};

// An exchange of two ranks in the shapes of the collectives, and in few CTAs where that is work
// for them; of more, all ranks of a GPU together hold at most some 128 CTAs.
std::vector<models::LaneShape> shapes(int ranks, int gpus, std::int64_t bytes, bool quick) {
  if (ranks == 2 && gpus == 2) {
    std::vector<models::LaneShape> all = shapes_for(bytes, quick);
    if (!quick && (bytes == kMiB || bytes == 4 * kMiB)) all.push_back(kFewCtas);
    return all;
  }
  return {{64 * gpus / std::max(ranks, gpus) * 2, 512, 16, 4}};
}

void add_scan(Recorder& recorder, const models::Algorithm& algorithm, int ranks, int gpus,
              std::int64_t bytes) {
  for (const models::LaneShape& shape : shapes(ranks, gpus, bytes, recorder.quick())) {
    PlanCase one{"scan", &algorithm, {}};
    one.request.operation = models::Operation::exscan;
    one.request.gpu_of_rank = spread_over(ranks, gpus);
    one.request.bytes = Bytes{bytes};
    one.request.heads = 4;
    one.request.decays.assign(4, 0.9);
    one.request.shape = shape;
    add_plan(recorder, one);
  }
}

}  // namespace

void measure_scans(Recorder& recorder) {
  const int gpus = std::min(device_count(), 2);
  if (gpus == 2) measure_barriers(recorder);
  for (const int ranks : {2, 4, 8, 16})
    for (const std::int64_t bytes : sizes(recorder.quick(), ranks))
      for (const models::Algorithm* algorithm : runnable(models::Operation::exscan)) {
        if (algorithm->wrong_from > 0 && ranks >= algorithm->wrong_from) continue;
        add_scan(recorder, *algorithm, ranks, gpus, bytes);
      }
}

}  // namespace twinlink::realgpu
