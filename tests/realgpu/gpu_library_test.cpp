// Library ops on real devices: NCCL's calls give the numbers of the definition, cuBLAS those of a
// sum in fp64. Skipped, with a reason, without devices or without the library.
#include "models/collectives/nccl_call.h"
#include "tests/realgpu/gpu_support.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::testing;
using models::ElementType;
using models::Operation;

namespace {

// "" if it ran with the right numbers, in the mode that library lanes need; else why not.
void check_call(const models::CollectiveRequest& wanted) {
  try {
    const models::Execution run = execute(models::build_nccl_call(wanted));
    check_correct(run);
    CHECK(run.mode == "stream");
  } catch (const UnsupportedError& error) {
    MESSAGE("skipped: " << error.what());
  }
}

bool fewer_than_two() {
  const int devices = realgpu::describe_devices().devices;
  if (devices < 2) MESSAGE("skipped: NCCL takes one rank per GPU, and there are " << devices);
  return devices < 2;
}

}  // namespace

TEST_CASE("NCCL: every operation of two ranks, several element types") {
  if (fewer_than_two()) return;
  for (const Operation operation :
       {Operation::all_reduce, Operation::reduce_scatter, Operation::all_gather,
        Operation::all_to_all, Operation::broadcast, Operation::sendrecv})
    for (const ElementType element : {ElementType::fp32, ElementType::bf16}) {
      CAPTURE(std::string(models::name_of(operation)));
      CAPTURE(std::string(models::name_of(element)));
      auto wanted = request(operation, 2, kib(64));
      wanted.element = element;
      check_call(wanted);
    }
}

TEST_CASE("NCCL: blocks of an all-to-all may be ragged, shares of a gather may not") {
  if (fewer_than_two()) return;
  check_call(request(Operation::all_to_all, 2, Bytes{4 * 1'031}));
  CHECK_THROWS_AS(
      execute(models::build_nccl_call(request(Operation::all_gather, 2, Bytes{4 * 1'031}))),
      UnsupportedError);
}

TEST_CASE("NCCL: several ranks on one GPU are refused") {
  if (no_device()) return;
  auto wanted = request(Operation::all_reduce, 2, kib(1));
  wanted.gpu_of_rank = spread(2, true);
  CHECK_THROWS_AS(execute(models::build_nccl_call(wanted)), UnsupportedError);
}
