#pragma once
// Machines, profiles and requests for the tests of the simulator.
#include <cstring>
#include <numeric>

#include "models/collectives/catalogue.h"
#include "models/cost/calibration.h"
#include "sim/sim_executor.h"
#include "topology/presets.h"

namespace twinlink::sim::test {

// One group, rank r on GPU r, fp32.
inline models::CollectiveRequest request_of(models::Operation operation, int ranks, Bytes bytes) {
  models::CollectiveRequest request;
  request.operation = operation;
  request.gpu_of_rank.resize(static_cast<std::size_t>(ranks));
  std::iota(request.gpu_of_rank.begin(), request.gpu_of_rank.end(), 0);
  request.bytes = bytes;
  request.multicast = true;
  return request;
}

// The same, on a machine with what the algorithm needs.
inline models::CollectiveRequest request_for(const models::Algorithm& algorithm, int ranks,
                                             Bytes bytes) {
  models::CollectiveRequest request = request_of(algorithm.operation, ranks, bytes);
  request.multicast = algorithm.needs == models::Needs::multicast;
  return request;
}

inline models::Plan plan_of(const models::CollectiveRequest& request, const std::string& name) {
  return build_plan(models::find_algorithm(request.operation, name), request);
}

inline topology::Topology crossbar(int gpus) { return topology::make_preset("crossbar", gpus); }

inline models::Timeline simulate(const models::Plan& plan, const topology::Topology& machine,
                                 const models::CalibrationProfile& profile) {
  return SimExecutor(machine, profile).simulate(plan).timeline;
}

// On the ideal crossbar.
inline models::Timeline simulate_ideal(const models::Plan& plan) {
  return simulate(plan, crossbar(plan.ranks()), models::ideal_profile());
}

// A machine where everything costs something; 1 TFLOP/s, so that a flop is a picosecond.
inline models::CalibrationProfile costly_profile() {
  models::CalibrationProfile p = models::ideal_profile();
  p.graph_gap.value = 2;
  p.barrier_relaxed.value = 0.75;
  p.barrier_fenced.value = 1.5;
  p.flag.value = 0.5;
  p.event.value = 1;
  p.stream_memory.value = 3;
  p.remote_round.value = 0.7;
  p.push_round.value = 0.3;
  p.local_round.value = 0.4;
  p.copy_rate.value = 300;
  p.copy_weight.value = 200;
  p.wire_pull.value = p.wire_push.value = 1.2;
  p.hbm.value = 3000;
  p.peak_flops.value = p.flops_efficiency.value = 1;
  return p;
}

inline bool same_bytes(const std::vector<Duration>& a, const std::vector<Duration>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Duration)) == 0;
}

inline bool same_bytes(const models::Timeline& a, const models::Timeline& b) {
  return same_bytes(a.start, b.start) && same_bytes(a.end, b.end);
}

}  // namespace twinlink::sim::test
