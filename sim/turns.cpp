#include "sim/turns.h"

#include <algorithm>

namespace twinlink::sim {

using models::Compute;
using models::Engine;
using models::Op;
using models::OpKind;
using models::Slice;

Turns::Turns(const models::Plan& plan, bool in_order) : plan_(plan), in_order_(in_order) {
  if (!in_order) return;
  fills_.resize(plan.ops.size());
  lane_fills_.resize(plan.lanes.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    fills_[i] = is_filling(plan.ops[i], OpId{i});
    if (fills_[i]) lane_fills_[plan.ops[i].lane.index()] = true;
  }
}

bool Turns::is_filling(const Op& op, OpId id) const {
  if (op.kind == OpKind::compute) {
    const Compute& work = plan_.computes[op.detail];
    return work.flops > 0 || work.hbm_bytes.count > 0;
  }
  return plan_.lane(op.lane).engine == Engine::copy && stays_on_gpu(id);
}

bool Turns::stays_on_gpu(OpId op) const {
  const auto is_home = [&, home = gpu_of(op)](const Slice& slice) {
    return plan_.gpu_of(plan_.buffer(slice.buffer).rank) == home;
  };
  const auto from = plan_.sources(op), to = plan_.destinations(op);
  return std::all_of(from.begin(), from.end(), is_home) &&
         std::all_of(to.begin(), to.end(), is_home);
}

bool Turns::take(OpId op) {
  Gpu& gpu = gpus_[gpu_of(op)];
  const bool free = !gpu.holder.valid() && gpu.waiting.empty();
  if (free)
    gpu.holder = op;
  else
    gpu.waiting.push_back({.op = op});
  return free;
}

bool Turns::pass(std::int32_t gpu_index, KernelId kernel) {
  if (!in_order_) return true;
  Gpu& gpu = gpus_[gpu_index];
  const bool free = (!gpu.holder.valid() || gpu.room) && gpu.waiting.empty();
  if (!free) gpu.waiting.push_back({.kernel = kernel});
  return free;
}

void Turns::leave_room(OpId op) { gpus_[gpu_of(op)].room = true; }

bool Turns::leaves_room(std::int32_t gpu) const {
  const auto at = gpus_.find(gpu);
  return at != gpus_.end() && at->second.room;
}

void Turns::end(OpId op) {
  Gpu& gpu = gpus_[gpu_of(op)];
  gpu.holder = OpId{};
  gpu.room = false;
}

std::optional<Turns::Waiter> Turns::next(std::int32_t gpu_index) {
  Gpu& gpu = gpus_[gpu_index];
  if (gpu.waiting.empty()) return std::nullopt;
  const Waiter waiter = gpu.waiting.front();
  if (gpu.holder.valid() && !(gpu.room && waiter.kernel.valid())) return std::nullopt;
  gpu.waiting.pop_front();
  if (waiter.op.valid()) gpu.holder = waiter.op;
  return waiter;
}

OpId Turns::holder(std::int32_t gpu) const {
  const auto at = gpus_.find(gpu);
  return at == gpus_.end() ? OpId{} : at->second.holder;
}

OpId Turns::any_waiting() const {
  for (const auto& [index, gpu] : gpus_)
    for (const Waiter& waiter : gpu.waiting)
      if (waiter.op.valid()) return waiter.op;
  return OpId{};
}

}  // namespace twinlink::sim
