#pragma once
// Plans as sample sets: the catalogue's algorithms on this machine's GPUs through the executor, so
// that numbers are compared with their definition before and after each is timed.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/collectives/catalogue.h"
#include "realgpu/measure/recorder.h"

namespace twinlink::realgpu {

// "measure": name, then operation, algorithm, ranks, gpus, bytes, ctas, threads, loads; the mode
// ("fused", "stream") is added where it ran.
struct PlanCase {
  std::string measure;
  const models::Algorithm* algorithm = nullptr;
  models::CollectiveRequest request;
};

// Rank r on GPU r * gpus / ranks: neighbours share a GPU.
std::vector<std::int32_t> spread_over(int ranks, int gpus);
// Algorithms that run on GPUs without NVLink multicast and without a library, in order.
std::vector<const models::Algorithm*> runnable(models::Operation operation);

// Lane shapes for an exchange of so many bytes by two ranks: few CTAs where there is little to do,
// up to all SMs. Quick: one shape.
std::vector<models::LaneShape> shapes_for(std::int64_t bytes, bool quick);

// The median in seconds. What the builder or the executor refuses is skipped; wrong numbers are
// named, with no set: both give none.
std::optional<double> add_plan(Recorder& recorder, const PlanCase& one);
// Seconds of an arbitrary plan; empty, and named in the recorder, when its numbers are wrong.
struct PlanSamples {
  std::vector<double> seconds;
  std::string mode;
};
PlanSamples run_plan(Recorder& recorder, const models::Plan& plan, std::int64_t bytes);

}  // namespace twinlink::realgpu
