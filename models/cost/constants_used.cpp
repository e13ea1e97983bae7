#include "models/cost/constants_used.h"

#include <algorithm>
#include <initializer_list>

#include "models/cost/compute_cost.h"
#include "models/cost/power.h"
#include "topology/domains.h"

namespace twinlink::models {
namespace {

using Field = Constant CalibrationProfile::*;

void add(std::vector<Field>& fields, std::initializer_list<Field> more) {
  fields.insert(fields.end(), more);
}

// Those that move the clock, if this plan can reach the power limit.
void add_power(std::vector<Field>& used, const CalibrationProfile& profile, const Plan& plan) {
  using P = CalibrationProfile;
  const PowerModel power = power_model(profile);
  if (plan.computes.empty() || power.limit <= 0 || power.most(plan) <= power.limit) return;
  add(used, {&P::power_limit, &P::power_idle, &P::power_communication, &P::clock_time});
  for (const Compute& work : plan.computes) add(used, {power_of(work.work)});
}

// Whether some of the plan's ranks reach each other only over a network.
bool spans_domains(const topology::Topology& topology, const Plan& plan) {
  if (plan.gpu_of_rank.empty()) return false;
  const std::vector<std::int32_t> domain = topology::nvlink_domains(topology);
  const auto of = [&](std::int32_t gpu) { return domain[static_cast<std::size_t>(gpu)]; };
  return std::any_of(plan.gpu_of_rank.begin(), plan.gpu_of_rank.end(),
                     [&](std::int32_t gpu) { return of(gpu) != of(plan.gpu_of_rank.front()); });
}

// Whether the plan's bytes can pass a NIC.
bool may_cross_nics(const topology::Topology& topology, const Plan& plan) {
  const auto& nodes = topology.nodes();
  const bool has_nic = std::any_of(nodes.begin(), nodes.end(), [](const topology::Node& node) {
    return node.kind == topology::NodeKind::nic;
  });
  return has_nic && spans_domains(topology, plan);
}

bool is_in_switch(const Op& op) {
  return op.kind == OpKind::multimem_reduce || op.kind == OpKind::multimem_store;
}

// What a library's kernels wait for before their first data, and the rates of their channels.
void add_library(std::vector<Field>& used, const CalibrationProfile& profile, const Plan& plan) {
  using P = CalibrationProfile;
  for (const Lane& lane : plan.lanes) {
    if (lane.protocol == Protocol::ll) add(used, {&P::nccl_channel_ll});
    if (lane.protocol == Protocol::ll128) add(used, {&P::nccl_hop_ll128, &P::nccl_channel_ll128});
    if (lane.protocol == Protocol::simple) add(used, {&P::nccl_channel_simple});
    if (lane.protocol == Protocol::ll && profile.nccl_hop_ll.value > 0)
      add(used, {&P::nccl_hop_ll});
  }
  bool loops = false;
  std::vector<bool> done(plan.computes.size());
  for (const Op& op : plan.ops) {
    if (op.kind == OpKind::compute) done[op.detail] = true;
    loops |= is_in_switch(op) && plan.lane(op.lane).protocol != Protocol::plain;
  }
  if (loops && profile.nccl_loop_nvls.value > 0) add(used, {&P::nccl_loop_nvls});
  for (std::size_t i = 0; i < done.size(); ++i)
    if (const Field start = library_start_field(plan.computes[i].kernel); done[i] && start)
      add(used, {start});
}

std::vector<Field> constants_of_work(const CalibrationProfile& profile, const Plan& plan) {
  using P = CalibrationProfile;
  std::vector<Field> used{&P::hbm};
  bool sm = false, copy = false;
  for (const Lane& lane : plan.lanes) {
    sm |= lane.engine == Engine::sm;
    copy |= lane.engine == Engine::copy;
  }
  if (sm)
    add(used,
        {&P::graph_gap, &P::remote_round, &P::push_round, &P::sm_rate, &P::load_step, &P::peer_step,
         &P::local_round, &P::wire_pull, &P::wire_pull_request, &P::wire_push, &P::wire_push_ack});
  if (sm)
    for (const Field field : {&P::fence,
                              &P::fence_step,
                              &P::launch_order,
                              &P::launch_ramp,
                              &P::kernel_ramp,
                              &P::store_end,
                              &P::op_issue,
                              &P::op_step,
                              &P::op_step_kept,
                              &P::loads_together,
                              &P::sm_load_rate,
                              &P::sm_store_rate,
                              &P::sm_decay_rate,
                              &P::sm_inline_rate,
                              &P::push_overlap,
                              &P::push_ahead,
                              &P::l1,
                              &P::l1_beside,
                              &P::sm_beside,
                              &P::hbm_wait,
                              &P::l2,
                              &P::l2_rate,
                              &P::l2_store_rate,
                              &P::hbm_turn,
                              &P::l2_round})
      if ((profile.*field).value > 0) add(used, {field});
  if (copy) add(used, {&P::copy_push_issue, &P::copy_pull_issue, &P::copy_rate, &P::wire_copy});
  if (std::any_of(plan.ops.begin(), plan.ops.end(), is_in_switch))
    add(used, {&P::multimem_round, &P::wire_multimem});
  add_library(used, profile, plan);
  for (const Compute& work : plan.computes)
    if (library_start_field(work.kernel) == nullptr)
      for (const Field field : constants_of(profile, work)) add(used, {field});
  for (const Rendezvous& r : plan.rendezvous)
    add(used, {r.edge == Edge::flag_relaxed ? &P::barrier_relaxed : &P::barrier_fenced});
  if (!plan.deps.empty()) add(used, {&P::flag});
  return used;
}

}  // namespace

std::vector<Field> constants_used(const topology::Topology& topology,
                                  const CalibrationProfile& profile, const Plan& plan) {
  using P = CalibrationProfile;
  std::vector<Field> used = constants_of_work(profile, plan);
  add_power(used, profile, plan);
  if (may_cross_nics(topology, plan)) add(used, {&P::nic_issue, &P::nic_rate, &P::wire_nic});
  return used;
}

}  // namespace twinlink::models
