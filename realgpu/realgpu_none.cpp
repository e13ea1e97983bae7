#include "realgpu/measure/measure.h"
#include "realgpu/process_group.h"
#include "realgpu/realgpu.h"
#include "topology/error.h"

namespace twinlink::realgpu {

DeviceInfo describe_devices() { return {0, "built without CUDA"}; }

std::unique_ptr<models::Executor> make_realgpu(const Options& options) {
  const auto refuse = [] {
    throw UnsupportedError("executor realgpu: this program was built without CUDA");
  };
  if (options.processes != nullptr) options.processes->together("devices", refuse);
  refuse();
  return nullptr;
}

Measurement measure(const Suite& suite, const MeasureOptions&) {
  throw UnsupportedError("suite " + std::string(suite.name) +
                         ": this program was built without CUDA");
}

}  // namespace twinlink::realgpu
