#include "realgpu/realgpu.h"
#include "topology/error.h"

namespace twinlink::realgpu {

DeviceInfo describe_devices() { return {0, "built without CUDA"}; }

std::unique_ptr<models::Executor> make_realgpu(const Options&) {
  throw UnsupportedError("executor realgpu: this program was built without CUDA");
}

}  // namespace twinlink::realgpu
