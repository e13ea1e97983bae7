#include "realgpu/stamps.h"

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

std::int64_t bytes_for(const models::Plan& plan) {
  return static_cast<std::int64_t>(plan.ops.size() * sizeof(Stamp));
}

}  // namespace

Stamps::Stamps(const models::Plan& plan, const std::vector<int>& devices) : plan_(plan) {
  for (const int device : devices) buffers_.emplace_back(device, bytes_for(plan));
  reset();
}

const DeviceBuffer& Stamps::buffer_of(int device) const {
  for (const DeviceBuffer& buffer : buffers_)
    if (buffer.device() == device) return buffer;
  TL_ENSURE(false, "stamps exist on every device of the plan");
  return buffers_.front();
}

Stamp* Stamps::at(OpId op) const {
  const DeviceBuffer& buffer = buffer_of(plan_.gpu_of(plan_.rank_of(op)));
  return reinterpret_cast<Stamp*>(buffer.data()) + op.index();
}

Stamp* Stamps::base(int device) const { return reinterpret_cast<Stamp*>(buffer_of(device).data()); }

void Stamps::reset() const {
  const std::vector<Stamp> unwritten(plan_.ops.size(), Stamp{~0ULL, 0});
  for (const DeviceBuffer& buffer : buffers_) buffer.upload(unwritten.data(), bytes_for(plan_));
}

std::vector<Stamp> Stamps::read() const {
  std::vector<Stamp> all(plan_.ops.size());
  std::vector<Stamp> of_device(plan_.ops.size());
  for (const DeviceBuffer& buffer : buffers_) {
    buffer.download(of_device.data(), bytes_for(plan_));
    for (std::size_t i = 0; i < all.size(); ++i)
      if (plan_.gpu_of(plan_.rank_of(OpId{i})) == buffer.device()) all[i] = of_device[i];
  }
  return all;
}

}  // namespace twinlink::realgpu
