// Barriers inside one fused launch: the slope between plans of few and of many of them.
#include "models/plan/plan_builder.h"
#include "realgpu/measure/plan_sets.h"
#include "realgpu/measure/suite_links.h"
#include "realgpu/quantile.h"

namespace twinlink::realgpu {
namespace {

constexpr int kFew = 10;
constexpr int kMany = 60;

models::Plan barriers(int count, models::Edge edge, int ctas) {
  models::PlanBuilder builder("barriers", std::vector<std::int32_t>{0, 1});
  const GroupId group = builder.add_group({Rank{0}, Rank{1}});
  std::vector<LaneId> lanes;
  for (int rank = 0; rank < 2; ++rank) {
    const KernelId kernel = builder.add_kernel({Rank{rank}, models::LaunchMode::graph, "barriers"});
    lanes.push_back(builder.add_sm_lane(kernel, {ctas, 512, 16, 4}));
  }
  for (int i = 0; i < count; ++i) {
    const std::uint32_t meeting = builder.add_rendezvous({group, edge});
    for (const LaneId lane : lanes) builder.barrier(lane, meeting, {});
  }
  return builder.finish();
}

Sampled per_barrier(Recorder& recorder, models::Edge edge, int ctas) {
  const PlanSamples few = run_plan(recorder, barriers(kFew, edge, ctas), 0);
  PlanSamples many = run_plan(recorder, barriers(kMany, edge, ctas), 0);
  if (few.seconds.empty() || many.seconds.empty()) return {};
  const double base = quantile(few.seconds, 0.5);
  for (double& s : many.seconds) s = (s - base) / (kMany - kFew);
  return {many.seconds, many.mode + " mode, slope between plans of " + std::to_string(kFew) +
                            " and " + std::to_string(kMany) + " barriers"};
}

}  // namespace

void measure_barriers(Recorder& recorder) {
  for (const models::Edge edge : {models::Edge::flag_relaxed, models::Edge::flag_fenced})
    for (const int ctas : {1, 8, 32, 64, 128}) {
      const bool relaxed = edge == models::Edge::flag_relaxed;
      const What what{{"measure", std::string(relaxed ? "barrier_relaxed" : "barrier_fenced")},
                      {"ctas", static_cast<double>(ctas)},
                      {"threads", 512.0}};
      recorder.add(what, {}, [&] { return per_barrier(recorder, edge, ctas); });
    }
}

}  // namespace twinlink::realgpu
