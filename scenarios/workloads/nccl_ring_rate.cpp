#include "scenarios/workloads/nccl_ring_rate.h"

#include <fmt/format.h>

#include <cmath>

#include "models/library/lower.h"
#include "sim/sim_executor.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

constexpr Bytes kLarge = gib(1);
// Of the time: far below what a published rate is rounded to.
constexpr double kCloseEnough = 1e-4;
constexpr int kMostSteps = 32;  // three or four suffice where the links limit the ring

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
  if (ranks < 2) return machine;
  const models::Plan plan = ring_plan(machine.topology, ranks);
  const double crossed = 2.0 * (ranks - 1) / ranks * static_cast<double>(kLarge.count);
  const double wanted = crossed / static_cast<double>(bus.bytes_per_s);
  const double per_wire = crossed / bytes_per_s_out(machine.topology);
  double wire = machine.profile.wire_push.value;
  for (int step = 0; step < kMostSteps; ++step) {
    const double missing = wanted - seconds_of(machine, plan);
    if (std::abs(missing) <= kCloseEnough * wanted) return machine;
    wire += missing / per_wire;
    if (wire + machine.profile.wire_push_ack.value < 1) break;
    machine.profile.wire_push = {wire, 0, Provenance::published, "bus rate given by the scenario"};
  }
  throw InputError(
      fmt::format("the links of this machine cannot be set such that rings of {} GPUs reach {:g} "
                  "GB/s",
                  ranks, static_cast<double>(bus.bytes_per_s) * 1e-9),
      "/workload/nccl_ring");
}

}  // namespace twinlink::scenarios
