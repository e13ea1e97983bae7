#pragma once
// Plain device memory, move-only, aligned to 256 bytes. An empty buffer still has an address.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "realgpu/cuda_check.h"

namespace twinlink::realgpu {

// Bytes of device memory that somebody else owns, as the host reads and writes them through
// `device`. All three wait for completion; call them when the device is idle.
struct DeviceSpan {
  std::byte* address = nullptr;
  int device = 0;
  std::int64_t bytes = 0;

  void fill(int byte) const {
    const DeviceScope scope(device);
    TL_CUDA(cudaMemset(address, byte, static_cast<std::size_t>(bytes)));
    TL_CUDA(cudaDeviceSynchronize());
  }
  void upload(const void* from, std::int64_t count) const {
    const DeviceScope scope(device);
    TL_CUDA(cudaMemcpy(address, from, static_cast<std::size_t>(count), cudaMemcpyHostToDevice));
    TL_CUDA(cudaDeviceSynchronize());
  }
  void download(void* to, std::int64_t count) const {
    const DeviceScope scope(device);
    TL_CUDA(cudaMemcpy(to, address, static_cast<std::size_t>(count), cudaMemcpyDeviceToHost));
  }
};

class DeviceBuffer {
 public:
  DeviceBuffer(int device, std::int64_t bytes) : device_(device), bytes_(bytes) {
    const DeviceScope scope(device);
    const auto size = static_cast<std::size_t>(bytes > 0 ? bytes : 1);
    TL_CUDA(cudaMalloc(&address_, size));
  }
  ~DeviceBuffer() {
    if (address_ != nullptr) static_cast<void>(cudaFree(address_));
  }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)),
        device_(other.device_),
        bytes_(other.bytes_) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(device_, other.device_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  [[nodiscard]] std::byte* data() const { return static_cast<std::byte*>(address_); }
  [[nodiscard]] int device() const { return device_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

  [[nodiscard]] DeviceSpan span() const { return {data(), device_, bytes_}; }
  void fill(int byte) const { span().fill(byte); }
  void upload(const void* from, std::int64_t bytes) const { span().upload(from, bytes); }
  void download(void* to, std::int64_t bytes) const { span().download(to, bytes); }

 private:
  void* address_ = nullptr;
  int device_;
  std::int64_t bytes_;
};

}  // namespace twinlink::realgpu
