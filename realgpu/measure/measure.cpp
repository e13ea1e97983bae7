#include "realgpu/measure/measure.h"

#include <algorithm>
#include <numeric>

#include "realgpu/devices.h"
#include "realgpu/measure/recorder.h"
#include "realgpu/measure/suite_contention.h"
#include "realgpu/measure/suite_dwdp.h"
#include "realgpu/measure/suite_linear_attention.h"
#include "realgpu/measure/suite_links.h"
#include "realgpu/measure/suite_memory.h"
#include "realgpu/measure/suite_plans.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

// 13000 -> "13.0"
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

MeasuredDevice describe(int gpu) {
  cudaDeviceProp properties{};
  TL_CUDA(cudaGetDeviceProperties(&properties, gpu));
  int khz = 0;
  TL_CUDA(cudaDeviceGetAttribute(&khz, cudaDevAttrClockRate, gpu));
  return {gpu,
          properties.name,
          properties.multiProcessorCount,
          properties.l2CacheSize >> 20,
          static_cast<int>(properties.totalGlobalMem >> 20),
          khz / 1000};
}

void describe(Environment& environment, const std::vector<int>& gpus) {
  int driver = 0;
  int runtime = 0;
  TL_CUDA(cudaDriverGetVersion(&driver));
  TL_CUDA(cudaRuntimeGetVersion(&runtime));
  environment.cuda_driver = version_text(driver);
  environment.cuda_runtime = version_text(runtime);
  for (const int gpu : gpus) environment.devices.push_back(describe(gpu));
}

void run(const std::string_view suite, Recorder& recorder) {
  if (suite == "links") return measure_links(recorder);
  if (suite == "memory") return measure_memory(recorder);
  if (suite == "collectives") return measure_collectives(recorder);
  if (suite == "scans") return measure_scans(recorder);
  if (suite == "overlap") return measure_overlap(recorder);
  if (suite == "dwdp") return measure_dwdp(recorder);
  if (suite == "linear_attention") return measure_linear_attention(recorder);
  TL_ENSURE(suite == "sharing", "a suite of the table");
  measure_sharing(recorder);
}

}  // namespace

Measurement measure(const Suite& suite, const MeasureOptions& options) {
  std::string why;
  const int devices = device_count(&why);
  if (devices < suite.devices)
    throw UnsupportedError(
        "suite " + std::string(suite.name) + " needs " + std::to_string(suite.devices) +
        (suite.devices == 1 ? " CUDA device" : " CUDA devices") + ", this machine has " +
        std::to_string(devices) + (why.empty() ? "" : ": " + why));
  std::vector<int> gpus(static_cast<std::size_t>(std::min(devices, 2)));
  std::iota(gpus.begin(), gpus.end(), 0);
  Recorder recorder(suite, options, gpus);
  describe(recorder.environment(), gpus);
  run(suite.name, recorder);
  return recorder.take();
}

}  // namespace twinlink::realgpu
