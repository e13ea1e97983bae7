#pragma once
// Clocks, power, temperature and driver of the GPUs, read through NVML. Reads only.
//
// The library (libnvidia-ml.so.1) is looked for when asked, never linked; where it is not there,
// readings are empty.
#include <string>
#include <utility>
#include <vector>

#include "realgpu/measure/measure.h"

namespace twinlink::realgpu {

class Nvml {
 public:
  // CUDA devices, found again by their PCI address.
  explicit Nvml(const std::vector<int>& gpus);
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  [[nodiscard]] std::vector<ClockReading> read() const;
  [[nodiscard]] std::string driver() const;  // "580.159.04"; empty: not known

 private:
  void* handle_ = nullptr;
  std::vector<std::pair<int, void*>> devices_;  // CUDA device, NVML handle
};

}  // namespace twinlink::realgpu
