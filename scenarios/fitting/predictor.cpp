#include "scenarios/fitting/predictor.h"

#include <algorithm>
#include <optional>

#include "scenarios/machine.h"
#include "sim/sim_executor.h"

namespace twinlink::scenarios {
namespace {

models::CollectiveRequest request_of(const Observation& row, const topology::Topology& topology) {
  models::CollectiveRequest request;
  request.operation = row.operation;
  request.gpu_of_rank = gpu_of_rank(row.row.ranks, 1);
  request.bytes = {row.row.bytes};
  request.element = row.element;
  describe_machine(topology, request);
  return request;
}

Machine machine_for(const std::string& name, const std::vector<Observation>& rows) {
  int gpus = 1;
  for (const Observation& row : rows) gpus = std::max(gpus, row.row.ranks);
  const MachineSpec spec{.name = name, .inline_json = "", .degrade = {}};
  return {resolve_topology(spec, gpus, {}), resolve_profile(spec, "", {})};
}

}  // namespace

struct Predictor::State {
  Machine machine;
  std::vector<models::Plan> plans;
};

Predictor::Predictor(const std::string& machine, const std::vector<Observation>& rows)
    : state_(std::make_unique<State>(State{machine_for(machine, rows), {}})) {
  for (const Observation& row : rows) {
    const models::Algorithm& algorithm = models::find_algorithm(row.operation, row.row.algorithm);
    state_->plans.push_back(
        models::build_plan(algorithm, request_of(row, state_->machine.topology)));
  }
}

Predictor::~Predictor() = default;

const models::CalibrationProfile& Predictor::own_profile() const { return state_->machine.profile; }

std::vector<double> Predictor::predict_us(const models::CalibrationProfile& profile) const {
  const sim::SimExecutor executor(state_->machine.topology, profile);
  std::vector<double> times;
  for (const models::Plan& plan : state_->plans)
    times.push_back(to_us(executor.simulate(plan).timeline.makespan()));
  return times;
}

}  // namespace twinlink::scenarios
