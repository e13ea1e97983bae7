// Builds a ring all-reduce on two ideal GPUs, proves it and simulates it: 2 steps of 2 us plus
// 512 KiB / 900 GB/s each.
#include <cstdio>

#include "models/checks/proof.h"
#include "models/collectives/catalogue.h"
#include "sim/sim_executor.h"
#include "topology/presets.h"

int main() {
  using namespace twinlink;
  const auto machine = topology::make_preset("crossbar", 2);
  const auto profile = models::ideal_profile();
  const auto& ring = models::find_algorithm(models::Operation::all_reduce, "ring");
  const auto plan = models::build_plan(ring, {.gpu_of_rank = {0, 1}, .bytes = mib(1)});
  const auto result = sim::SimExecutor(machine, profile).simulate(plan);
  const Duration expected = (us(2) + transfer_time(kib(512), gb_per_s(900))) * 2;
  std::printf("consumer: %.3f us\n", to_us(result.timeline.makespan()));
  return models::prove(plan).correct() && result.timeline.makespan() == expected ? 0 : 1;
}
