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
}

// First steps, ops by their ids, which are a topological order, last steps.
void FusedCopies::place_steps() {
  std::vector<std::size_t> lane_of(plan_.lanes.size(), lanes_.size());
  std::vector<Place> last;
  for (std::size_t l = 0; l < lanes_.size(); ++l) {
    lane_of[lanes_[l].id.index()] = l;
    const auto& steps = schedule_.lanes[lanes_[l].id.index()];
    if (!steps.front().op.valid()) order_.push_back({l, 0});
    if (!steps.back().op.valid()) last.push_back({l, steps.size() - 1});
  }
  for (std::size_t i = 0; i < plan_.ops.size(); ++i)
    if (const std::size_t l = lane_of[plan_.ops[i].lane.index()]; l < lanes_.size())
      order_.push_back({l, schedule_.position[i]});
  order_.insert(order_.end(), last.begin(), last.end());
}

bool FusedCopies::on(int device) const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](const Lane& lane) { return lane.stream.device() == device; });
}

void FusedCopies::fork(const Event& forked) const {
  for (const Lane& lane : lanes_) forked.make_wait(lane.stream);
}

void FusedCopies::join(const Stream& origin) const {
  for (const Lane& lane : lanes_) {
    lane.ended.record(lane.stream);
    lane.ended.make_wait(origin);
  }
}

void FusedCopies::issue(std::uint64_t index, const Stamps* stamps) const {
  for (const Place& place : order_) issue_step(place, index, stamps);
  for (const Lane& lane : lanes_) {
    StreamMemory memory;
    add_waits(lane, schedule_.lanes[lane.id.index()].back().after, index, memory);
    memory.issue(lane.stream);
  }
}

// The waits that end a step (of a barrier) go with the next one: other members come between.
void FusedCopies::issue_step(const Place& place, std::uint64_t index, const Stamps* stamps) const {
  const Lane& lane = lanes_[place.lane];
  const std::vector<FusedStep>& steps = schedule_.lanes[lane.id.index()];
  const FusedStep& step = steps[place.step];
  StreamMemory memory;
  if (place.step > 0) add_waits(lane, steps[place.step - 1].after, index, memory);
  add_waits(lane, step.before, index, memory);
  if (step.op.valid() && moves_bytes(plan_, step.op)) {
    memory.issue(lane.stream);
    memory = {};
    copy(step.op, lane.stream, stamps);
  }
  for (const std::int32_t device : step.signals)
    memory.write(signals_.word(lane.id, device), index * schedule_.stride + place.step + 1);
  memory.issue(lane.stream);
}

void FusedCopies::add_waits(const Lane& lane, const std::vector<LaneWait>& waits,
                            std::uint64_t index, StreamMemory& memory) const {
  for (const LaneWait& wait : waits)
    if (index > wait.back)
      memory.wait(signals_.word(wait.lane, lane.stream.device()),
                  (index - wait.back) * schedule_.stride + wait.position + 1);
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
