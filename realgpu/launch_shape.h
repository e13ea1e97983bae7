#pragma once
// From the run-time shape of a launch to the compile-time variant of a kernel.
#include <cstdint>
#include <string>
#include <type_traits>

#include "realgpu/kernels.h"
#include "topology/error.h"

namespace twinlink::realgpu {

inline bool is_aligned(const void* address, std::uintptr_t bytes) {
  return reinterpret_cast<std::uintptr_t>(address) % bytes == 0;
}

inline void check_operands(int sources, int destinations) {
  if (sources > kMaxOperands || destinations > kMaxOperands)
    throw UnsupportedError("an op with more than " + std::to_string(kMaxOperands) +
                           " sources or destinations on a GPU");
}

inline void check_shape(const LaunchShape& shape) {
  const int most = shape.loads == 8 ? 512 : 1024;
  if (shape.ctas >= 1 && shape.threads >= 1 && shape.threads <= most) return;
  throw UnsupportedError("a lane of " + std::to_string(shape.ctas) + " CTAs of " +
                         std::to_string(shape.threads) + " threads with " +
                         std::to_string(shape.loads) + " loads in flight: 1 to " +
                         std::to_string(most) + " threads are possible");
}

// Calls launch(std::integral_constant<int, loads>).
template <class Launch>
void with_loads(const LaunchShape& shape, const Launch& launch) {
  check_shape(shape);
  if (shape.loads == 1) return launch(std::integral_constant<int, 1>{});
  if (shape.loads == 2) return launch(std::integral_constant<int, 2>{});
  if (shape.loads == 4) return launch(std::integral_constant<int, 4>{});
  if (shape.loads == 8) return launch(std::integral_constant<int, 8>{});
  throw UnsupportedError(std::to_string(shape.loads) +
                         " loads in flight: the kernels have 1, 2, 4 and 8");
}

}  // namespace twinlink::realgpu
