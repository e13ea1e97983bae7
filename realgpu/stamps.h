#pragma once
// Where instrumented ops write when they began and ended: one Stamp per op, on the op's own device.
#include <vector>

#include "models/plan/plan.h"
#include "realgpu/device_buffer.h"
#include "realgpu/kernels.h"

namespace twinlink::realgpu {

class Stamps {
 public:
  // Makes all stamps unwritten. `devices`: those of the plan.
  Stamps(const models::Plan& plan, const std::vector<int>& devices);

  [[nodiscard]] Stamp* at(OpId op) const;
  // Of op 0, on a device of the plan; those of other devices' ops stay unwritten there.
  [[nodiscard]] Stamp* base(int device) const;
  void reset() const;
  // Per op; an op that stamped nothing has end == 0. The devices must be idle.
  [[nodiscard]] std::vector<Stamp> read() const;

 private:
  [[nodiscard]] const DeviceBuffer& buffer_of(int device) const;
  const models::Plan& plan_;
  std::vector<DeviceBuffer> buffers_;
};

}  // namespace twinlink::realgpu
