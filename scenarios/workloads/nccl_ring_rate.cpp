#include "scenarios/workloads/nccl_ring_rate.h"

#include <fmt/format.h>

#include "models/library/lower.h"
#include "sim/sim_executor.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

constexpr Bytes kLarge = gib(1);
// Each divides what is left by ten or more: rounding and the softened minimum are all that bends T.
constexpr int kSteps = 4;

models::Plan ring_plan(const topology::Topology& topology, int ranks) {
  models::CollectiveRequest request;
  request.operation = models::Operation::all_reduce;
  request.gpu_of_rank = gpu_of_rank(ranks, 1);
  request.bytes = kLarge;
  describe_machine(topology, request);
  const auto& nccl = models::find_algorithm(request.operation, "nccl");
  models::LibraryMachine library = models::library_machine(topology);
  library.multicast = false;
  return models::lower(models::build_plan(nccl, request), library).plan;
}

double seconds_of(const Machine& machine, const models::Plan& plan) {
  const sim::SimExecutor executor(machine.topology, machine.profile);
  return to_us(executor.simulate(plan).timeline.makespan()) * 1e-6;
}

}  // namespace

Machine with_ring_rate(Machine machine, Bandwidth bus, int ranks) {
  const models::Plan plan = ring_plan(machine.topology, ranks);
  const double crossed = 2.0 * (ranks - 1) / ranks * static_cast<double>(kLarge.count);
  const double wanted = crossed / static_cast<double>(bus.bytes_per_s);
  const double per_wire = crossed / bytes_per_s_out(machine.topology);
  double wire = machine.profile.wire_push.value;
  for (int step = 0; step < kSteps; ++step) {
    wire += (wanted - seconds_of(machine, plan)) / per_wire;
    if (wire + machine.profile.wire_push_ack.value < 1)
      throw UnsupportedError(fmt::format(
          "nccl_ring: rings of {} GPUs do not reach {} GB/s on this machine, even without any "
          "loss on its links",
          ranks, static_cast<double>(bus.bytes_per_s) * 1e-9));
    machine.profile.wire_push = {wire, 0, Provenance::published, "bus rate given by the scenario"};
  }
  return machine;
}

}  // namespace twinlink::scenarios
