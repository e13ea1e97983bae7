#pragma once
// One CUDA event of one device, move-only. `order` events only order work (no time is kept, which
// is cheaper); `timing` events may be subtracted, both on the same device.
#include <utility>

#include "realgpu/stream.h"

namespace twinlink::realgpu {

enum class EventUse { order, timing };

class Event {
 public:
  explicit Event(int device, EventUse use = EventUse::order) {
    const DeviceScope scope(device);
    TL_CUDA(cudaEventCreateWithFlags(
        &handle_, use == EventUse::timing ? cudaEventDefault : cudaEventDisableTiming));
  }
  ~Event() {
    if (handle_ != nullptr) static_cast<void>(cudaEventDestroy(handle_));
  }
  Event(Event&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Event& operator=(Event&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }

  [[nodiscard]] cudaEvent_t get() const { return handle_; }
  // The stream must belong to the event's device.
  void record(const Stream& stream) const {
    const DeviceScope scope(stream.device());
    TL_CUDA(cudaEventRecord(handle_, stream.get()));
  }
  // Later work of `stream`, on whichever device, starts after the recorded point.
  void make_wait(const Stream& stream) const {
    const DeviceScope scope(stream.device());
    TL_CUDA(cudaStreamWaitEvent(stream.get(), handle_, 0));
  }
  void synchronize() const { TL_CUDA(cudaEventSynchronize(handle_)); }

 private:
  cudaEvent_t handle_ = nullptr;
};

// Seconds from one timing event to another; both must have happened.
inline double seconds_between(const Event& begin, const Event& end) {
  float milliseconds = 0;
  TL_CUDA(cudaEventElapsedTime(&milliseconds, begin.get(), end.get()));
  return static_cast<double>(milliseconds) * 1e-3;
}

}  // namespace twinlink::realgpu
