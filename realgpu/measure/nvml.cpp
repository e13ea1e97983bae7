#include "realgpu/measure/nvml.h"

#include <dlfcn.h>

#include <array>

#include "realgpu/cuda_check.h"

namespace twinlink::realgpu {
namespace {

// The part of NVML's C interface that is used here.
constexpr unsigned kClockSm = 1;
constexpr unsigned kClockMemory = 2;
constexpr unsigned kSensorGpu = 0;

// Null where the library lacks it: that reading then stays 0.
template <class Function>
Function find(void* library, const char* name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

double reading(void* library, const char* name, void* device, unsigned which) {
  unsigned value = 0;
  const auto ask = find<int (*)(void*, unsigned, unsigned*)>(library, name);
  return ask != nullptr && ask(device, which, &value) == 0 ? value : 0;
}

double watts(void* library, void* device) {
  unsigned milliwatts = 0;
  const auto ask = find<int (*)(void*, unsigned*)>(library, "nvmlDeviceGetPowerUsage");
  return ask != nullptr && ask(device, &milliwatts) == 0 ? milliwatts * 1e-3 : 0;
}

}  // namespace

Nvml::Nvml(const std::vector<int>& gpus) {
  handle_ = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) return;
  const auto init = find<int (*)()>(handle_, "nvmlInit_v2");
  const auto by_address =
      find<int (*)(const char*, void**)>(handle_, "nvmlDeviceGetHandleByPciBusId_v2");
  if (init == nullptr || by_address == nullptr || init() != 0) return;
  for (const int gpu : gpus) {
    std::array<char, 32> address{};
    TL_CUDA(cudaDeviceGetPCIBusId(address.data(), static_cast<int>(address.size()), gpu));
    void* device = nullptr;
    if (by_address(address.data(), &device) == 0) devices_.emplace_back(gpu, device);
  }
}

Nvml::~Nvml() {
  if (handle_ == nullptr) return;
  const auto shut_down = find<int (*)()>(handle_, "nvmlShutdown");
  if (shut_down != nullptr) static_cast<void>(shut_down());
}

std::vector<ClockReading> Nvml::read() const {
  std::vector<ClockReading> readings;
  for (const auto& [gpu, device] : devices_)
    readings.push_back({gpu, reading(handle_, "nvmlDeviceGetClockInfo", device, kClockSm),
                        reading(handle_, "nvmlDeviceGetClockInfo", device, kClockMemory),
                        watts(handle_, device),
                        reading(handle_, "nvmlDeviceGetTemperature", device, kSensorGpu)});
  return readings;
}

std::string Nvml::driver() const {
  if (devices_.empty()) return "";
  std::array<char, 96> text{};
  const auto ask = find<int (*)(char*, unsigned)>(handle_, "nvmlSystemGetDriverVersion");
  return ask != nullptr && ask(text.data(), static_cast<unsigned>(text.size())) == 0 ? text.data()
                                                                                     : "";
}

}  // namespace twinlink::realgpu
