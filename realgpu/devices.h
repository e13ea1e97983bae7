#pragma once
// The CUDA devices of this machine.
#include <string>

namespace twinlink::realgpu {

// 0 when there is no device or no usable driver; `why_none` then says so.
int device_count(std::string* why_none = nullptr);

}  // namespace twinlink::realgpu
