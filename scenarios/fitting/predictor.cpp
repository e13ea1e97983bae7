#include "scenarios/fitting/predictor.h"

#include <algorithm>
#include <future>
#include <optional>
#include <thread>

#include "models/plan/part_tables.h"
#include "scenarios/machine.h"
#include "sim/sim_executor.h"

namespace twinlink::scenarios {
namespace {

models::CollectiveRequest request_of(const Observation& row, const topology::Topology& topology) {
  models::CollectiveRequest request;
  request.operation = row.operation;
  request.gpu_of_rank = gpu_of_rank(row.row.ranks, row.ranks_per_gpu);
  request.bytes = {row.row.bytes};
  request.element = row.element;
  if (row.shape) request.shape = *row.shape;
  request.heads = row.heads;
  if (row.decay > 0) request.decays.assign(static_cast<std::size_t>(row.heads), row.decay);
  describe_machine(topology, request);
  return request;
}

Machine machine_for(const std::string& name, const std::vector<Observation>& rows) {
  int gpus = 1;
  for (const Observation& row : rows) gpus = std::max(gpus, row.row.ranks);
  const MachineSpec spec{.name = name, .inline_json = "", .degrade = {}};
  return {resolve_topology(spec, gpus, {}), resolve_profile(spec, "", {})};
}

// Another run of the plan on its own lanes and buffers; its calls wait for nothing else.
void append(models::PlanBuilder& builder, const models::Plan& plan,
            const models::PartTables& tables) {
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const auto from = plan.sources(OpId{i}), to = plan.destinations(OpId{i});
    append_op(builder, plan, OpId{i}, tables,
              {{from.begin(), from.end()}, {to.begin(), to.end()}, {}});
  }
}

// What one more library call adds to one before it, which is what replays of many calls measure: a
// broadcast's root waits for nobody, so the next call begins before the one before has arrived.
TimedPlan one_more_call(const models::Plan& plan) {
  models::PlanBuilder builder(plan.name, plan.gpu_of_rank);
  for (const models::Buffer& buffer : plan.buffers) builder.add_buffer(buffer);
  const models::PartTables first = add_tables(builder, plan);
  models::PartTables again = add_tables(builder, plan, false);
  again.lanes = first.lanes;
  append(builder, plan, first);
  append(builder, plan, again);
  const std::size_t ops = plan.ops.size();
  return {builder.finish(), OpId{ops - 1}, OpId{2 * ops - 1}};  // the last member ends last
}

TimedPlan plan_of(const Observation& row, const topology::Topology& topology) {
  if (row.piece) return piece_plan(*row.piece);
  const models::Algorithm& algorithm = models::find_algorithm(row.operation, row.row.algorithm);
  models::Plan plan = models::build_plan(algorithm, request_of(row, topology));
  const bool one_way = row.operation == models::Operation::broadcast;
  if (one_way && !plan.library_calls.empty()) return one_more_call(plan);
  return {std::move(plan), {}, {}};
}

double time_us(const TimedPlan& timed, const models::Timeline& timeline) {
  if (!timed.last.valid()) return to_us(timeline.makespan());
  const double end = to_us(timeline.end[timed.last.index()]) / timed.pieces;
  return timed.first.valid() ? end - to_us(timeline.end[timed.first.index()]) : end;
}

}  // namespace

struct Predictor::State {
  Machine machine;
  std::vector<TimedPlan> plans;
};

Predictor::Predictor(const std::string& machine, const std::vector<Observation>& rows)
    : state_(std::make_unique<State>(State{machine_for(machine, rows), {}})) {
  for (const Observation& row : rows)
    state_->plans.push_back(plan_of(row, state_->machine.topology));
}

Predictor::~Predictor() = default;

const models::CalibrationProfile& Predictor::own_profile() const { return state_->machine.profile; }

std::vector<double> Predictor::predict_us(const models::CalibrationProfile& profile) const {
  models::CalibrationProfile no_list = profile;
  no_list.op_step.value = no_list.launch_ramp.value = 0;
  std::vector<double> times(state_->plans.size());
  // Every part takes each parts-th plan; a plan's time does not depend on who simulates it.
  const std::size_t parts = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
  const auto predict_part = [&](std::size_t first) {
    const sim::SimExecutor lists(state_->machine.topology, profile);
    const sim::SimExecutor bare(state_->machine.topology, no_list);
    for (std::size_t i = first; i < times.size(); i += parts) {
      const TimedPlan& timed = state_->plans[i];
      times[i] = time_us(timed, (timed.bare ? bare : lists).simulate(timed.plan).timeline);
    }
  };
  std::vector<std::future<void>> others;
  for (std::size_t part = 1; part < parts; ++part)
    others.push_back(std::async(std::launch::async, predict_part, part));
  predict_part(0);
  for (std::future<void>& other : others) other.get();
  return times;
}

}  // namespace twinlink::scenarios
