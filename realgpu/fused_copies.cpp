#include "realgpu/fused_copies.h"

#include <algorithm>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {

using models::OpKind;
using models::Slice;

namespace {

// Ops of no bytes only wait, and say that they have.
bool moves_bytes(const models::Plan& plan, OpId op) {
  const auto destinations = plan.destinations(op);
  return std::any_of(destinations.begin(), destinations.end(),
                     [](const Slice& slice) { return slice.size.count > 0; });
}

}  // namespace

FusedCopies::FusedCopies(const models::Plan& plan, const FusedSchedule& schedule,
                         const PlanMemory& memory, const FusedSignals& signals)
    : plan_(plan), schedule_(schedule), memory_(memory), signals_(signals) {
  for (std::size_t i = 0; i < plan.lanes.size(); ++i)
    if (plan.lanes[i].engine == models::Engine::copy && !schedule.lanes[i].empty())
      lanes_.emplace_back(LaneId{i}, plan.gpu_of(plan.lanes[i].rank));
  place_steps();
  load_kernels();
}

// Kernels are loaded when they are first used, and that waits for the device: it must not happen
// while a launch waits for what comes behind it.
void FusedCopies::load_kernels() const {
  for (const Lane& lane : lanes_) {
    const DeviceScope scope(lane.stream.device());
    const DeviceBuffer stamp(lane.stream.device(), static_cast<std::int64_t>(sizeof(Stamp)));
    launch_stamp_start(reinterpret_cast<Stamp*>(stamp.data()), lane.stream.get());
    launch_stamp_end(reinterpret_cast<Stamp*>(stamp.data()), lane.stream.get());
    lane.stream.synchronize();
  }
}

// First steps, ops by their ids, which are a topological order, last steps.
void FusedCopies::place_steps() {
  lane_of_.assign(plan_.lanes.size(), lanes_.size());
  std::vector<Place> last;
  for (std::size_t l = 0; l < lanes_.size(); ++l) {
    lane_of_[lanes_[l].id.index()] = l;
    const auto& steps = schedule_.lanes[lanes_[l].id.index()];
    if (!steps.front().op.valid()) order_.push_back({l, 0});
    if (!steps.back().op.valid()) last.push_back({l, steps.size() - 1});
  }
  for (std::size_t i = 0; i < plan_.ops.size(); ++i)
    if (const std::size_t l = lane_of_[plan_.ops[i].lane.index()]; l < lanes_.size())
      order_.push_back({l, schedule_.position[i]});
  order_.insert(order_.end(), last.begin(), last.end());
}

bool FusedCopies::on(int device) const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](const Lane& lane) { return lane.stream.device() == device; });
}

FusedCopies::Open FusedCopies::fork(const Event& forked) const {
  for (const Lane& lane : lanes_) forked.make_wait(lane.stream);
  return Open(lanes_.size());
}

void FusedCopies::join(const Stream& origin, Open& open) const {
  for (std::size_t l = 0; l < lanes_.size(); ++l) close(l, open);
  for (const Lane& lane : lanes_) {
    lane.ended.record(lane.stream);
    lane.ended.make_wait(origin);
  }
}

void FusedCopies::issue(std::uint64_t index, const Stamps* stamps, Open& open) const {
  for (const Place& place : order_) issue_step(place, index, stamps, open);
  for (std::size_t l = 0; l < lanes_.size(); ++l)
    add_waits(l, schedule_.lanes[lanes_[l].id.index()].back().after, index, open);
}

// The waits that end a step (of a barrier) go with the next one: other members come between.
void FusedCopies::issue_step(const Place& place, std::uint64_t index, const Stamps* stamps,
                             Open& open) const {
  const Lane& lane = lanes_[place.lane];
  const std::vector<FusedStep>& steps = schedule_.lanes[lane.id.index()];
  const FusedStep& step = steps[place.step];
  if (place.step > 0) add_waits(place.lane, steps[place.step - 1].after, index, open);
  add_waits(place.lane, step.before, index, open);
  if (step.op.valid() && moves_bytes(plan_, step.op)) {
    close(place.lane, open);
    copy(step.op, lane.stream, stamps);
  }
  for (const std::int32_t device : step.signals)
    open[place.lane].write(signals_.word(lane.id, device),
                           index * schedule_.stride + place.step + 1);
}

// What is waited for goes onto its stream first.
void FusedCopies::add_waits(std::size_t lane, const std::vector<LaneWait>& waits,
                            std::uint64_t index, Open& open) const {
  for (const LaneWait& wait : waits) {
    if (index <= wait.back) continue;
    const std::size_t awaited = lane_of_[wait.lane.index()];
    if (awaited < lanes_.size() && open[awaited].writes()) close(awaited, open);
    open[lane].wait(signals_.word(wait.lane, lanes_[lane].stream.device()),
                    (index - wait.back) * schedule_.stride + wait.position + 1);
  }
}

void FusedCopies::close(std::size_t lane, Open& open) const {
  open[lane].issue(lanes_[lane].stream);
  open[lane].clear();
}

void FusedCopies::copy(OpId op, const Stream& stream, const Stamps* stamps) const {
  if (plan_.op(op).kind != OpKind::copy)
    throw UnsupportedError("op " + std::to_string(op.value) +
                           " computes on a copy engine; copy engines only copy");
  const DeviceScope scope(stream.device());
  const auto sources = plan_.sources(op);
  const auto destinations = plan_.destinations(op);
  if (stamps != nullptr) launch_stamp_start(stamps->at(op), stream.get());
  for (std::size_t i = 0; i < destinations.size(); ++i) {
    const Slice& from = sources[sources.size() == 1 ? 0 : i];
    const auto size = static_cast<std::size_t>(memory_.bytes(destinations[i]));
    if (size > 0)
      TL_CUDA(cudaMemcpyAsync(memory_.address(destinations[i]), memory_.address(from), size,
                              cudaMemcpyDefault, stream.get()));
  }
  if (stamps != nullptr) launch_stamp_end(stamps->at(op), stream.get());
}

}  // namespace twinlink::realgpu
