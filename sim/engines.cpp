#include "sim/engines.h"

#include <algorithm>
#include <string>

#include "topology/error.h"

namespace twinlink::sim {

using models::Engine;
using models::Lane;
using models::Plan;

Engines::Engines(const Plan& plan, EngineSlots slots)
    : plan_(plan),
      slots_(slots),
      turns_(plan, slots.in_order && slots.ctas > 0),
      kernels_(plan.kernels.size()),
      queue_of_lane_(plan.lanes.size()) {
  for (std::size_t i = 0; i < plan.lanes.size(); ++i) {
    const Lane& lane = plan.lanes[i];
    const std::int32_t gpu = plan.gpu_of(lane.rank);
    gpus_[gpu];
    if (lane.engine == Engine::sm) {
      kernel(lane.kernel).ctas += lane.ctas;
      kernel(lane.kernel).gpu = gpu;
    } else if (lane.engine == Engine::copy) {
      const auto next = static_cast<std::int32_t>(queue_index_.size());
      queue_of_lane_[i] = queue_index_.try_emplace({gpu, lane.queue}, next).first->second;
    }
  }
  queue_busy_.resize(queue_index_.size());
  if (slots.watch_held) watch_held();
  if (slots_.ctas == 0) return;
  for (const models::Op& op : plan.ops)
    if (plan.lane(op.lane).engine == Engine::sm) ++kernel(plan.lane(op.lane).kernel).ops_left;
  for (std::size_t i = 0; i < kernels_.size(); ++i)
    if (kernels_[i].ctas > slots_.ctas)
      throw UnsupportedError("kernel \"" + plan.kernels[i].name + "\" of rank " +
                             std::to_string(plan.kernels[i].rank.value) + " needs " +
                             std::to_string(kernels_[i].ctas) + " CTAs at once, a GPU holds " +
                             std::to_string(slots_.ctas));
}

void Engines::watch_held() {
  std::vector<bool> computes(plan_.lanes.size());
  for (const models::Op& op : plan_.ops)
    if (op.kind == models::OpKind::compute) computes[op.lane.index()] = true;
  for (std::size_t i = 0; i < plan_.lanes.size(); ++i)
    if (plan_.lanes[i].engine == Engine::sm && !computes[i])
      kernel(plan_.lanes[i].kernel).ctas_held += plan_.lanes[i].ctas;
}

// A kernel takes its CTAs (sign 1) or gives them back (-1).
void Engines::occupy(const KernelState& state, int sign) {
  GpuState& gpu = gpus_.at(state.gpu);
  gpu.ctas_used += sign * state.ctas;
  if (state.ctas_held == 0) return;
  const bool packed = state.beside.valid() && slots_.packed > 0;
  const std::int32_t per_sm = packed ? slots_.packed : 1;
  gpu.ctas_held += sign * ((state.ctas_held + per_sm - 1) / per_sm);
  held_changes_.push_back(state.gpu);
}

bool Engines::is_open(LaneId lane) const {
  const Lane& l = plan_.lane(lane);
  if (l.engine == Engine::nic || l.engine == Engine::library) return true;
  if (l.engine != Engine::sm || turns_.fills(lane)) return false;
  return slots_.ctas == 0 || kernels_[l.kernel.index()].resident;
}

bool Engines::request(OpId op) {
  const Lane& lane = plan_.lane(plan_.op(op).lane);
  switch (lane.engine) {
    case Engine::sm: return request_sm(op, lane.kernel) && take_turn(op);
    case Engine::copy: return request_copy(op) && take_turn(op);
    case Engine::nic:
    case Engine::library: break;
  }
  return true;
}

void Engines::release(OpId op, std::vector<OpId>& started) {
  const Lane& lane = plan_.lane(plan_.op(op).lane);
  switch (lane.engine) {
    case Engine::sm:
      if (slots_.ctas > 0) release_sm(lane.kernel, started);
      if (turns_.fills(op)) pass_turn(op, started);
      return;
    case Engine::copy:
      release_copy(op, started);
      if (turns_.fills(op)) pass_turn(op, started);
      return;
    case Engine::nic:
    case Engine::library: return;
  }
}

bool Engines::fits(const KernelState& state) const {
  return gpus_.at(state.gpu).ctas_used + state.ctas <= slots_.ctas;
}

bool Engines::request_sm(OpId op, KernelId id) {
  if (slots_.ctas == 0) return true;
  KernelState& state = kernel(id);
  if (state.resident) return true;
  if (!state.queued && !turns_.fills(op)) state.beside = product_on(state.gpu);
  const bool free = !state.queued && (turns_.fills(op) || turns_.pass(state.gpu, id));
  if (free && enter(state)) return true;
  state.queued = true;
  state.waiting.push_back(op);
  return false;
}

// The kernel's turn has come: true if there is room for it, else it waits for room.
bool Engines::enter(KernelState& state) {
  GpuState& gpu = gpus_.at(state.gpu);
  if (!gpu.kernels.empty() || !fits(state)) {
    gpu.kernels.push_back(KernelId{static_cast<std::size_t>(&state - kernels_.data())});
    return false;
  }
  state.resident = true;
  occupy(state, 1);
  return true;
}

bool Engines::take_turn(OpId op) {
  if (!turns_.fills(op)) return true;
  if (!turns_.take(op)) return false;
  note_filled(plan_.gpu_of(plan_.rank_of(op)));
  return true;
}

void Engines::note_filled(std::int32_t gpu) {
  if (slots_.watch_held) held_changes_.push_back(gpu);
}

void Engines::admit(OpId op, std::vector<OpId>& started) {
  if (take_turn(op)) started.push_back(op);
}

// The op filled its GPU and has ended: those behind it come in.
void Engines::pass_turn(OpId op, std::vector<OpId>& started) {
  const std::int32_t gpu = plan_.gpu_of(plan_.rank_of(op));
  turns_.end(op);
  note_filled(gpu);
  let_in(gpu, started);
}

void Engines::leave_room(OpId op, std::vector<OpId>& started) {
  turns_.leave_room(op);
  let_in(plan_.gpu_of(plan_.rank_of(op)), started);
}

void Engines::let_in(std::int32_t gpu, std::vector<OpId>& started) {
  while (const std::optional<Turns::Waiter> next = turns_.next(gpu)) {
    if (next->op.valid()) {
      started.push_back(next->op);
      continue;
    }
    KernelState& state = kernel(next->kernel);
    if (!enter(state)) continue;
    for (const OpId waiting : state.waiting) admit(waiting, started);
    state.waiting.clear();
  }
}

OpId Engines::product_on(std::int32_t gpu) const {
  const OpId filling = turns_.holder(gpu);
  const bool computes = filling.valid() && plan_.op(filling).kind == models::OpKind::compute;
  return computes ? filling : OpId{};
}

Engines::Neighbour Engines::neighbour(LaneId lane) const {
  const Lane& l = plan_.lane(lane);
  const OpId product = product_on(plan_.gpu_of(l.rank));
  const OpId first = kernels_[l.kernel.index()].beside;
  return {product.valid() ? product : first, first.valid()};
}

void Engines::release_sm(KernelId id, std::vector<OpId>& started) {
  KernelState& ended = kernel(id);
  if (--ended.ops_left > 0) return;
  GpuState& gpu = gpus_.at(ended.gpu);
  occupy(ended, -1);
  while (!gpu.kernels.empty() && fits(kernel(gpu.kernels.front()))) {
    KernelState& next = kernel(gpu.kernels.front());
    gpu.kernels.pop_front();
    next.resident = true;
    occupy(next, 1);
    for (const OpId waiting : next.waiting) admit(waiting, started);
    next.waiting.clear();
  }
}

std::size_t Engines::queue_of(OpId op) const {
  return static_cast<std::size_t>(queue_of_lane_[plan_.op(op).lane.index()]);
}

bool Engines::try_copy(OpId op) {
  GpuState& gpu = gpus_.at(plan_.gpu_of(plan_.rank_of(op)));
  if (queue_busy_[queue_of(op)]) return false;
  if (slots_.copies > 0 && gpu.copies_active >= slots_.copies) return false;
  queue_busy_[queue_of(op)] = true;
  ++gpu.copies_active;
  return true;
}

bool Engines::request_copy(OpId op) {
  if (try_copy(op)) return true;
  gpus_.at(plan_.gpu_of(plan_.rank_of(op))).copies.push_back(op);
  return false;
}

void Engines::release_copy(OpId op, std::vector<OpId>& started) {
  GpuState& gpu = gpus_.at(plan_.gpu_of(plan_.rank_of(op)));
  queue_busy_[queue_of(op)] = false;
  --gpu.copies_active;
  for (auto it = gpu.copies.begin(); it != gpu.copies.end();) {
    if (try_copy(*it)) {
      admit(*it, started);
      it = gpu.copies.erase(it);
    } else {
      ++it;
    }
  }
}

OpId Engines::any_waiting() const {
  for (const auto& [index, gpu] : gpus_) {
    if (!gpu.copies.empty()) return gpu.copies.front();
    if (!gpu.kernels.empty()) return kernels_[gpu.kernels.front().index()].waiting.front();
  }
  return turns_.any_waiting();
}

// Without what waits, which is rarely much.
std::size_t Engines::memory_bytes() const {
  return kernels_.capacity() * sizeof(KernelState) +
         queue_of_lane_.capacity() * sizeof(queue_of_lane_[0]);
}

}  // namespace twinlink::sim
