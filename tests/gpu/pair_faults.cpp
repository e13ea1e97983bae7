// What a fault on GPUs looks like from outside: a message that names call and place, and an exit
// code. One fault a process, because some leave the device's context unusable.
//
//   pair_faults memory|kernel|no_such_gpu|stuck|peer|nccl [--mode fused|stream]
//
// memory: buffers of a TiB. kernel: an op that writes where nothing is. no_such_gpu: ranks on
// GPU 63. stuck: a launch whose patience is too short for a rank that waits for the whole work of
// the other (some ms: a waiting thread looks at the clock every 1024 polls). peer, nccl: a plan
// that runs, and one call of NCCL, to be started where these fail (TWINLINK_P2P_DISABLE=1;
// NCCL_SOCKET_IFNAME of no interface). Exit: 5
// refused or no device, 1 failed, 0 it ran, which it must not.
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

#include "models/collectives/catalogue.h"
#include "realgpu/realgpu.h"
#include "topology/error.h"

using namespace twinlink;

namespace {

models::Plan plan_named(models::Operation operation, const char* name, Bytes bytes,
                        std::int32_t second_gpu) {
  models::CollectiveRequest request;
  request.operation = operation;
  request.gpu_of_rank = {0, second_gpu};
  request.bytes = bytes;
  request.shape = {2, 256, 16, 4};
  return models::build_plan(models::find_algorithm(operation, name), request);
}

models::Plan all_reduce(const char* name, Bytes bytes, std::int32_t second_gpu) {
  return plan_named(models::Operation::all_reduce, name, bytes, second_gpu);
}

models::Plan plan_of(const std::string& fault, std::int32_t second_gpu) {
  if (fault == "memory") return all_reduce("one_shot", Bytes{std::int64_t{1} << 40}, second_gpu);
  if (fault == "no_such_gpu") return all_reduce("one_shot", kib(64), 63);
  if (fault == "stuck")
    return plan_named(models::Operation::exscan, "ring_coupled", mib(128), second_gpu);
  if (fault == "nccl") return all_reduce("nccl", kib(64), second_gpu);
  models::Plan plan = all_reduce("one_shot", kib(64), second_gpu);
  if (fault == "peer") return plan;
  for (const models::Op& op : plan.ops)
    if (op.kind == models::OpKind::reduce)
      plan.slices[op.first_slice + op.sources].offset = Bytes{std::int64_t{1} << 44};
  return plan;
}

int run(int argc, char** argv) {
  const std::string fault = argc > 1 ? argv[1] : "";
  bool known = false;
  for (const char* kind : {"memory", "kernel", "no_such_gpu", "stuck", "peer", "nccl"})
    known = known || fault == kind;
  if (!known) throw UsageError("pair_faults memory|kernel|no_such_gpu|stuck|peer|nccl");
  realgpu::Options options;
  options.timeline = false;
  if (argc > 3 && std::strcmp(argv[3], "fused") == 0) options.mode = realgpu::Mode::fused;
  if (argc > 3 && std::strcmp(argv[3], "stream") == 0) options.mode = realgpu::Mode::stream;
  if (fault == "stuck") options.patience_s = 1e-6;
  const bool pair = realgpu::describe_devices().devices > 1;
  realgpu::make_realgpu(options)->execute(plan_of(fault, pair ? 1 : 0), {});
  std::cerr << "pair_faults: " << fault << " was not noticed\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const UnsupportedError& error) {
    std::cerr << "pair_faults: " << error.what() << "\n";
    return 5;
  } catch (const std::exception& error) {
    std::cerr << "pair_faults: " << error.what() << "\n";
    return 1;
  }
}
