#pragma once
// A plan made ready to run on GPUs, in one of the modes.
#include "realgpu/stamps.h"
#include "realgpu/stream.h"

namespace twinlink::realgpu {

class Program {
 public:
  Program() = default;
  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // All that issue() puts on other streams forks from this one and joins it, so it can be captured.
  [[nodiscard]] virtual const Stream& origin() const = 0;
  // `repeats` plans, one after the other; `stamps` may be null. Returns before the work is done.
  virtual void issue(int repeats, const Stamps* stamps) const = 0;
  // Where what was issued may wait for another process for ever: waits for its end, and throws
  // GpuError when that does not come.
  virtual void await() {}
  // Throws GpuError if a run got stuck and was ended; the devices must be idle.
  virtual void check_health() const {}
  // How many more plans a sample may hold than Options::repeats: short launches need more.
  [[nodiscard]] virtual int repeat_factor() const { return 1; }
  [[nodiscard]] virtual const char* mode() const = 0;  // "fused" or "stream"
};

}  // namespace twinlink::realgpu
