#include "realgpu/measure/suite_dwdp.h"

#include <algorithm>

#include "models/workloads/breakdown.h"
#include "realgpu/measure/dwdp_cases.h"
#include "realgpu/measure/dwdp_kernels.h"
#include "realgpu/measure/dwdp_scatter.h"
#include "realgpu/realgpu.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

// The kinds of one forward: a set each, a sample per rank.
struct KindTimes {
  std::string kind;
  std::vector<double> seconds;
};

double seconds_of(Duration time) { return static_cast<double>(time.ps) * 1e-12; }

std::vector<KindTimes> kinds_of(const models::Plan& plan, const models::Timeline& timeline) {
  std::vector<KindTimes> kinds;
  const auto add = [&](const std::string& kind, Duration time) {
    auto at = std::ranges::find(kinds, kind, &KindTimes::kind);
    if (at == kinds.end()) at = kinds.insert(kinds.end(), {kind, {}});
    at->seconds.push_back(seconds_of(time));
  };
  for (const models::RankBreakdown& rank : models::break_down(plan, timeline)) {
    for (const auto& [name, time] : rank.categories) add(name, time);
    add("waiting", rank.waiting);
    add("pulls under way", rank.overlapped);
    add("total", rank.total);
  }
  return kinds;
}

Options options_for(const Recorder& recorder, const DwdpCase& one) {
  Options options;
  options.mode = Mode::stream;
  options.timeline = one.kinds;
  options.warmup = 2;
  options.iterations = recorder.quick() ? 3 : 10;
  options.repeats = 1;
  return options;
}

models::Execution run(Recorder& recorder, const models::Plan& plan, const DwdpCase& one) {
  models::Execution run = make_realgpu(options_for(recorder, one))->execute(plan, {});
  if (!run.numbers->correct) recorder.add_wrong(text_of(one.what) + ": " + run.numbers->reason);
  return run;
}

void add_kinds(Recorder& recorder, const DwdpCase& one, const models::Plan& plan,
               const models::Timeline& timeline) {
  if (timeline.empty()) return;
  for (const KindTimes& kind : kinds_of(plan, timeline)) {
    What what = one.what;
    what.front().second = std::string("dwdp_kind");
    what.emplace_back("kind", kind.kind);
    recorder.add(what, {}, [&] {
      return Sampled{kind.seconds, "sum over one instrumented replay, a sample per rank"};
    });
  }
}

void add_case(Recorder& recorder, const DwdpCase& one) {
  const models::Plan plan = models::build_dwdp(one.request);
  const double pulled = static_cast<double>(models::pulled_per_layer(one.request).count) *
                        static_cast<double>(one.request.shape.moe_layers());
  models::Timeline timeline;
  recorder.add(one.what, {pulled, forward_flops(plan)}, [&] {
    const models::Execution found = run(recorder, plan, one);
    timeline = found.timeline;
    Sampled sampled{{}, "stream mode, replays of one graph of one forward"};
    for (const Duration sample : found.samples) sampled.seconds.push_back(seconds_of(sample));
    return sampled;
  });
  add_kinds(recorder, one, plan, timeline);
}

}  // namespace

void measure_dwdp(Recorder& recorder) {
  measure_dwdp_kernels(recorder);
  for (const DwdpCase& one : dwdp_cases(recorder.quick())) add_case(recorder, one);
  measure_dwdp_scatter(recorder);
}

}  // namespace twinlink::realgpu
