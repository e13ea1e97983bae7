#include "models/library/vllm_dispatch.h"

#include <string>

#include "topology/error.h"

namespace twinlink::models {
namespace {

struct Limits {
  GpuGeneration generation;
  int ranks;
  Bytes custom, symmetric;
  std::string_view symmetric_kernel;
};

constexpr Limits kLimits[] = {
    {GpuGeneration::hopper, 2, mib(64), mib(64), "symm_mem_two_shot"},
    {GpuGeneration::hopper, 4, mib(32), mib(32), "symm_mem_multimem"},
    {GpuGeneration::blackwell, 2, mib(2), mib(8), "symm_mem_two_shot"},
    {GpuGeneration::blackwell, 4, mib(2), mib(32), "symm_mem_two_shot"},
};

const Limits& limits_of(GpuGeneration generation, int ranks) {
  for (const Limits& limits : kLimits)
    if (limits.generation == generation && limits.ranks == ranks) return limits;
  throw UnsupportedError(
      "which all-reduce vLLM calls is known for 2 and 4 ranks on Hopper and "
      "Blackwell, not for " +
      std::to_string(ranks) + " ranks here");
}

}  // namespace

std::string_view vllm_all_reduce(GpuGeneration generation, int ranks, Bytes bytes) {
  const Limits& limits = limits_of(generation, ranks);
  if (bytes < limits.custom && bytes.count % 16 == 0)
    return ranks == 2 || bytes < kib(512) ? "ca_1stage" : "ca_2stage";
  return bytes < limits.symmetric ? limits.symmetric_kernel : "nccl";
}

}  // namespace twinlink::models
