#pragma once
// What compute ops read round and round: one buffer per device that has such ops, larger than the
// L2 of any GPU we know (H200: 60 MB).
#include <functional>
#include <vector>

#include "models/plan/plan.h"
#include "realgpu/device_buffer.h"

namespace twinlink::realgpu {

class WorkBuffers {
 public:
  // `here`: the devices that this process drives; none: all.
  explicit WorkBuffers(const models::Plan& plan, const std::function<bool(int)>& here = {});
  // Null: no compute op runs there.
  [[nodiscard]] const DeviceBuffer* on(int device) const;

 private:
  std::vector<DeviceBuffer> buffers_;
};

}  // namespace twinlink::realgpu
