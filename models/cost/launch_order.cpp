#include "models/cost/launch_order.h"

#include <algorithm>

namespace twinlink::models {
namespace {

constexpr std::int64_t kUnknown = -2, kNone = -1;

// Who touches a buffer, as far as it matters.
struct Touch {
  std::int32_t gpu = -1;
  std::int64_t meeting = kUnknown;  // the one that all have had; kNone: there is none
  bool written = false, several_gpus = false;

  void add(std::int32_t by_gpu, std::int64_t by_meeting, bool writes) {
    several_gpus = several_gpus || (gpu >= 0 && gpu != by_gpu);
    gpu = by_gpu;
    if (meeting == kUnknown) meeting = by_meeting;
    if (meeting != by_meeting) meeting = kNone;
    written = written || writes;
  }
  [[nodiscard]] bool needs_order() const { return written && several_gpus && meeting < 0; }
};

// Rendezvous that is the first op of each lane.
std::vector<std::int64_t> first_meetings(const Plan& plan) {
  std::vector<std::int64_t> first(plan.lanes.size(), kUnknown);
  for (const Op& op : plan.ops) {
    std::int64_t& of = first[op.lane.index()];
    if (of == kUnknown) of = op.kind == OpKind::barrier ? std::int64_t{op.detail} : kNone;
  }
  return first;
}

bool carries_data(Edge edge) { return edge == Edge::inline_ll || edge == Edge::inline_ll128; }

// Buffers that are written and read across an inline edge.
std::vector<bool> inline_buffers(const Plan& plan) {
  std::vector<bool> found(plan.buffers.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    for (const Dep& d : plan.deps_of(OpId{i})) {
      if (!carries_data(d.kind())) continue;
      for (const Slice& to : plan.destinations(d.id()))
        for (const Slice& from : plan.sources(OpId{i}))
          if (from.buffer == to.buffer) found[to.buffer.index()] = true;
    }
  return found;
}

bool shares_written_buffers(const Plan& plan) {
  const std::vector<std::int64_t> meetings = first_meetings(plan);
  const std::vector<bool> in_line = inline_buffers(plan);
  std::vector<Touch> touches(plan.buffers.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const OpId id{i};
    const std::int32_t gpu = plan.gpu_of(plan.rank_of(id));
    const std::int64_t meeting = meetings[plan.ops[i].lane.index()];
    for (const Slice& s : plan.sources(id)) touches[s.buffer.index()].add(gpu, meeting, false);
    for (const Slice& s : plan.destinations(id)) touches[s.buffer.index()].add(gpu, meeting, true);
  }
  for (std::size_t b = 0; b < touches.size(); ++b)
    if (!in_line[b] && touches[b].needs_order()) return true;
  return false;
}

}  // namespace

LaunchOrder launch_order(const Plan& plan) {
  const auto of_library = [](const Lane& lane) { return lane.protocol != Protocol::plain; };
  if (std::any_of(plan.lanes.begin(), plan.lanes.end(), of_library)) return LaunchOrder::none;
  if (!shares_written_buffers(plan)) return LaunchOrder::none;
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    for (const Slice& s : plan.destinations(OpId{i}))
      if (plan.gpu_of(plan.buffer(s.buffer).rank) != plan.gpu_of(plan.rank_of(OpId{i})))
        return LaunchOrder::fenced;
  return LaunchOrder::relaxed;
}

std::vector<bool> inline_ops(const Plan& plan) {
  std::vector<bool> found(plan.ops.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    for (const Dep& d : plan.deps_of(OpId{i}))
      if (carries_data(d.kind())) found[i] = found[d.id().index()] = true;
  return found;
}

bool is_remote_fence(const Plan& plan, OpId id, const Dep& dep) {
  return dep.kind() == Edge::flag_fenced && plan.rank_of(dep.id()) != plan.rank_of(id);
}

bool awaits_fence(const Plan& plan, OpId id) {
  const Op& op = plan.op(id);
  if (op.kind == OpKind::barrier) return plan.rendezvous[op.detail].edge == Edge::flag_fenced;
  const auto deps = plan.deps_of(id);
  return std::any_of(deps.begin(), deps.end(),
                     [&](const Dep& d) { return is_remote_fence(plan, id, d); });
}

std::vector<bool> behind_own_fence(const Plan& plan) {
  std::vector<bool> published(plan.ops.size()), behind(plan.ops.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    for (const Dep& d : plan.deps_of(OpId{i}))
      if (is_remote_fence(plan, OpId{i}, d)) published[d.id().index()] = true;
  std::vector<OpId> last(plan.lanes.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    OpId& before = last[plan.ops[i].lane.index()];
    behind[i] = before.valid() && published[before.index()] && !awaits_fence(plan, OpId{i});
    before = OpId{i};
  }
  return behind;
}

std::vector<double> kernel_threads(const Plan& plan) {
  std::vector<double> threads(plan.kernels.size());
  for (const Lane& lane : plan.lanes)
    if (lane.engine == Engine::sm) threads[lane.kernel.index()] += lane.ctas * lane.threads;
  return threads;
}

std::vector<bool> storing_kernels(const Plan& plan) {
  std::vector<bool> stores(plan.kernels.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const Lane& lane = plan.lane(plan.ops[i].lane);
    const bool ours = lane.engine == Engine::sm && lane.protocol == Protocol::plain;
    if (ours && !plan.destinations(OpId{i}).empty()) stores[lane.kernel.index()] = true;
  }
  return stores;
}

std::vector<OpId> first_ops(const Plan& plan) {
  std::vector<OpId> first(plan.lanes.size());
  for (std::size_t i = plan.ops.size(); i-- > 0;) first[plan.ops[i].lane.index()] = OpId{i};
  return first;
}

}  // namespace twinlink::models
