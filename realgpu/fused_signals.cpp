#include "realgpu/fused_signals.h"

#include <algorithm>
#include <set>

#include "topology/error.h"

namespace twinlink::realgpu {

FusedSignals::FusedSignals(const models::Plan& plan, const FusedSchedule& schedule,
                           const std::vector<int>& devices)
    : plan_(plan) {
  bool any = false;
  std::int64_t counters = 0;
  for (std::size_t i = 0; i < plan.lanes.size(); ++i) {
    const bool copies = plan.lanes[i].engine == models::Engine::copy;
    any = any || (copies && !schedule.lanes[i].empty());
    first_counter_.push_back(counters);
    if (!copies) counters += static_cast<std::int64_t>(schedule.lanes[i].size());
  }
  if (!any) return;
  for (const int device : devices) {
    words_.emplace_back(device, static_cast<std::int64_t>(plan.lanes.size()) * 8);
    counters_.emplace_back(device, counters * 8);
    words_.back().fill(0);
    counters_.back().fill(0);
  }
  for (std::size_t i = 0; i < plan.lanes.size(); ++i) {
    std::set<std::int32_t> raised;
    for (const FusedStep& step : schedule.lanes[i])
      raised.insert(step.signals.begin(), step.signals.end());
    for (const std::int32_t device : raised) zeros_.write(word(LaneId{i}, device), 0);
  }
  fence_.emplace(devices.front(), 8);
  zeros_.write(reinterpret_cast<unsigned long long*>(fence_->data()), 0);
}

unsigned long long* FusedSignals::on(const std::vector<DeviceBuffer>& buffers, int device) const {
  const auto at = std::find_if(buffers.begin(), buffers.end(), [&](const DeviceBuffer& buffer) {
    return buffer.device() == device;
  });
  TL_ENSURE(at != buffers.end(), "every device of the plan has signals");
  return reinterpret_cast<unsigned long long*>(at->data());
}

unsigned long long* FusedSignals::word(LaneId lane, int device) const {
  return on(words_, device) + lane.index();
}

unsigned long long* FusedSignals::counter(LaneId lane, std::uint32_t position) const {
  const int device = plan_.gpu_of(plan_.lane(lane).rank);
  return on(counters_, device) + first_counter_[lane.index()] + position;
}

void FusedSignals::reset(const Stream& stream) const { zeros_.issue(stream); }

}  // namespace twinlink::realgpu
