#pragma once
// Every CUDA call goes through TL_CUDA: a failure is a GpuError that names the call and its place.
// Launches are followed by TL_CUDA(cudaGetLastError()).
#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace twinlink::realgpu {

class GpuError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void check_cuda(cudaError_t status, const char* call, const char* file, int line) {
  if (status == cudaSuccess) return;
  throw GpuError(std::string(call) + " failed: " + cudaGetErrorName(status) + " (" +
                 cudaGetErrorString(status) + ") at " + file + ":" + std::to_string(line));
}

// Makes a device current for a scope; kernels launch on the current device.
class DeviceScope {
 public:
  explicit DeviceScope(int device) {
    check_cuda(cudaGetDevice(&previous_), "cudaGetDevice", __FILE__, __LINE__);
    if (previous_ != device) check_cuda(cudaSetDevice(device), "cudaSetDevice", __FILE__, __LINE__);
  }
  ~DeviceScope() { static_cast<void>(cudaSetDevice(previous_)); }
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  int previous_ = 0;
};

}  // namespace twinlink::realgpu

#define TL_CUDA(call) ::twinlink::realgpu::check_cuda((call), #call, __FILE__, __LINE__)
