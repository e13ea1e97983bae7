#include "models/library/vllm_dispatch.h"

#include <doctest/doctest.h>

#include "topology/error.h"

namespace twinlink::models {
namespace {

TEST_CASE("vLLM's dispatch by size, 2 and 4 ranks") {
  constexpr auto kHopper = GpuGeneration::hopper;
  constexpr auto kBlackwell = GpuGeneration::blackwell;
  CHECK(vllm_all_reduce(kHopper, 2, mib(32)) == "ca_1stage");
  CHECK(vllm_all_reduce(kHopper, 2, mib(64)) == "nccl");  // the limit itself is above
  CHECK(vllm_all_reduce(kHopper, 4, kib(511)) == "ca_1stage");
  CHECK(vllm_all_reduce(kHopper, 4, kib(512)) == "ca_2stage");
  CHECK(vllm_all_reduce(kHopper, 4, mib(32)) == "nccl");
  CHECK(vllm_all_reduce(kHopper, 4, {kib(64).count + 8}) == "symm_mem_multimem");  // no packs
  CHECK(vllm_all_reduce(kBlackwell, 2, mib(1)) == "ca_1stage");
  CHECK(vllm_all_reduce(kBlackwell, 2, mib(4)) == "symm_mem_two_shot");
  CHECK(vllm_all_reduce(kBlackwell, 2, mib(8)) == "nccl");
  CHECK(vllm_all_reduce(kBlackwell, 4, mib(16)) == "symm_mem_two_shot");
}

TEST_CASE("what is not known of vLLM's dispatch is refused") {
  CHECK_THROWS_AS(vllm_all_reduce(GpuGeneration::hopper, 8, mib(1)), UnsupportedError);
  CHECK_THROWS_AS(vllm_all_reduce(GpuGeneration::ampere, 2, mib(1)), UnsupportedError);
}

}  // namespace
}  // namespace twinlink::models
