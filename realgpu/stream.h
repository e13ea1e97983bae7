#pragma once
// One CUDA stream of one device, move-only. Streams do not synchronise with the default stream.
#include <utility>

#include "realgpu/cuda_check.h"

namespace twinlink::realgpu {

class Stream {
 public:
  explicit Stream(int device) : device_(device) {
    const DeviceScope scope(device);
    TL_CUDA(cudaStreamCreateWithFlags(&handle_, cudaStreamNonBlocking));
  }
  ~Stream() {
    if (handle_ != nullptr) static_cast<void>(cudaStreamDestroy(handle_));
  }
  Stream(Stream&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), device_(other.device_) {}
  Stream& operator=(Stream&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(device_, other.device_);
    return *this;
  }

  [[nodiscard]] cudaStream_t get() const { return handle_; }
  [[nodiscard]] int device() const { return device_; }
  void synchronize() const { TL_CUDA(cudaStreamSynchronize(handle_)); }

 private:
  cudaStream_t handle_ = nullptr;
  int device_;
};

}  // namespace twinlink::realgpu
