#include "tests/bench/workloads.h"

#include <algorithm>
#include <string>

#include "models/plan/plan_builder.h"
#include "topology/presets.h"

namespace twinlink::bench {
namespace {

using namespace models;

constexpr std::int64_t kMostBytes = 1 << 21;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

struct Frame {
  std::vector<KernelId> kernels;
  std::vector<BufferId> buffers;
};

Frame add_ranks(PlanBuilder& builder, int ranks, Bytes size) {
  Frame frame;
  for (int r = 0; r < ranks; ++r) {
    frame.kernels.push_back(builder.add_kernel({Rank{r}, LaunchMode::graph, "bench"}));
    frame.buffers.push_back(
        builder.add_buffer({Rank{r}, BufferRole::inout, ElementType::fp32, size, "data"}));
  }
  return frame;
}

}  // namespace

topology::Topology crossbar(int ranks) { return topology::make_preset("crossbar", ranks); }

CalibrationProfile profile() {
  CalibrationProfile ideal = ideal_profile();
  ideal.peak_flops.value = 1;
  return ideal;
}

Plan ring(int ranks, std::int64_t bytes, bool skewed) {
  PlanBuilder builder("ring", ranks);
  const Frame frame = add_ranks(builder, ranks, {bytes});
  const std::size_t steps = at(2 * (ranks - 1));
  builder.reserve_ops({(steps + 1) * at(ranks), 2 * steps * at(ranks), steps * at(ranks)});
  std::vector<LaneId> lanes;
  for (int r = 0; r < ranks; ++r) {
    lanes.push_back(builder.add_sm_lane(frame.kernels[at(r)], {}));
    const double us = skewed ? 37 * r % 101 : 0;
    if (us > 0) builder.compute(lanes.back(), {"arrive", us * 1e6, {}}, {}, {}, {});
  }
  std::vector<OpId> last(at(ranks)), now(at(ranks));
  for (std::size_t step = 0; step < steps; ++step) {
    for (int r = 0; r < ranks; ++r) {
      const int left = (r + ranks - 1) % ranks;
      const Share chunk = share((r + 2 * ranks - static_cast<int>(step)) % ranks, ranks, bytes);
      const Slice from{frame.buffers[at(left)], 0, {chunk.begin}, {chunk.count}};
      const Slice to{frame.buffers[at(r)], 0, {chunk.begin}, {chunk.count}};
      const Dep before = step > 0 ? dep(last[at(left)]) : Dep{};
      now[at(r)] = builder.copy(lanes[at(r)], from, to, std::span(&before, step > 0 ? 1 : 0));
    }
    last.swap(now);
  }
  return builder.finish();
}

Plan all_pairs(int ranks, const std::function<std::int64_t()>& next_size) {
  PlanBuilder builder("all pairs", ranks);
  const Frame frame = add_ranks(builder, ranks, {kMostBytes});
  const std::size_t pairs = at(ranks) * at(ranks - 1);
  builder.reserve_ops({pairs, 2 * pairs, 0});
  for (int r = 0; r < ranks; ++r)
    for (int k = 1; k < ranks; ++k) {
      const Bytes size{next_size()};
      builder.copy(builder.add_sm_lane(frame.kernels[at(r)], {.ctas = 1}),
                   {frame.buffers[at(r)], 0, {}, size},
                   {frame.buffers[at((r + k) % ranks)], 0, {}, size}, {});
    }
  return builder.finish();
}

}  // namespace twinlink::bench
