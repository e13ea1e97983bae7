#include "realgpu/devices.h"

#include <cstdlib>

#include "realgpu/cuda_check.h"
#include "realgpu/realgpu.h"

namespace twinlink::realgpu {
namespace {

// 13000 -> "13.0"
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  TL_CUDA(cudaDeviceGetAttribute(&value, which, device));
  return value;
}

std::string describe(int device) {
  cudaDeviceProp properties{};
  TL_CUDA(cudaGetDeviceProperties(&properties, device));
  return "GPU " + std::to_string(device) + ": " + properties.name + ", " +
         std::to_string(properties.multiProcessorCount) + " SMs, " +
         std::to_string(properties.totalGlobalMem >> 20) + " MiB, L2 " +
         std::to_string(properties.l2CacheSize >> 20) + " MiB, at most " +
         std::to_string(attribute(cudaDevAttrClockRate, device) / 1000) + " MHz, memory " +
         std::to_string(attribute(cudaDevAttrMemoryClockRate, device) / 1000) + " MHz, " +
         std::to_string(properties.asyncEngineCount) + " copy engines";
}

// Streams of one device share so many hardware queues, and work in a queue stands in line even if
// it could run: a copy lane's wait for a flag must not stand before the launch that raises it. 32
// is the most there are, 8 the default; read when a context is made. What the user has set stays.
void widen_hardware_queues() { static_cast<void>(setenv("CUDA_DEVICE_MAX_CONNECTIONS", "32", 0)); }

}  // namespace

int device_count(std::string* why_none) {
  widen_hardware_queues();
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess) return count;
  static_cast<void>(cudaGetLastError());
  if (why_none != nullptr) *why_none = cudaGetErrorString(status);
  return 0;
}

DeviceInfo describe_devices() {
  std::string why;
  const int count = device_count(&why);
  if (count == 0) return {0, why.empty() ? "no CUDA device" : "no CUDA device: " + why};
  int driver = 0;
  int runtime = 0;
  TL_CUDA(cudaDriverGetVersion(&driver));
  TL_CUDA(cudaRuntimeGetVersion(&runtime));
  std::string text = "CUDA driver " + version_text(driver) + ", runtime " + version_text(runtime);
  for (int device = 0; device < count; ++device) text += "; " + describe(device);
  return {count, text};
}

}  // namespace twinlink::realgpu
