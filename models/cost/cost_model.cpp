#include "models/cost/cost_model.h"

#include <algorithm>
#include <cmath>

#include "models/cost/compute_cost.h"
#include "models/cost/constants_used.h"
#include "models/cost/engine_rate.h"
#include "models/cost/fabric.h"
#include "models/cost/kept_list.h"
#include "models/cost/launch_order.h"
#include "models/cost/op_shape.h"
#include "models/cost/push_drain.h"
#include "models/cost/residence.h"
#include "models/cost/sm_rate.h"
#include "models/cost/traffic.h"

namespace twinlink::models {
namespace {

// Picoseconds of work that a GPU does per second.
constexpr double kSmCapacity = 1e12;

constexpr double kRampThreads = 1024;  // launch_ramp counts threads in these

}  // namespace

struct CostModel::State {
  State(const topology::Topology& t, const CalibrationProfile& p, const Plan& plan_in)
      : topology(t),
        profile(p),
        plan(plan_in),
        fabric(t),
        patterns(fabric, p),
        reader(plan_in, fabric, memory_view(p, plan_in)),
        power(power_model(p)) {
    ensure_gpus_exist(t, plan.gpu_of_rank);
    if (p.launch_order.value > 0) order = models::launch_order(plan);
    if (first_round_apart(p)) in_line = inline_ops(plan);
    if (p.push_ahead.value > 0) goes_ahead = unfenced_ops(plan);
    for (const Lane& lane : plan.lanes) of_library |= lane.protocol != Protocol::plain;
    if (p.launch_ramp.value > 0 || p.kernel_ramp.value > 0) threads = kernel_threads(plan);
    if (p.store_end.value > 0) stores = storing_kernels(plan);
    if (p.op_step_kept.value > 0) keeps = kept_lists(plan);
    if (p.op_step.value > 0 || p.fence.value > 0 || p.fence_step.value > 0)
      behind_fence = behind_own_fence(plan);
    by_shape = !first_round_apart(p) && goes_ahead.empty() && !reader.looks_at_slices();
    if (by_shape) last_of_rank.resize(plan.gpu_of_rank.size());
    first_op = first_ops(plan);
    for (std::size_t i = 0; i < fabric.size(); ++i)
      resources.push_back({ResourceKind::link, fabric.capacity(i), static_cast<std::int32_t>(i)});
    if (p.hbm.value > 0) add_per_gpu(ResourceKind::hbm, reached_hbm(p));
    first_sms = resources.size();
    ensure_precisions(p, plan);
    if (needs_sms(p, plan)) add_per_gpu(ResourceKind::sms, kSmCapacity);
  }

  void add_per_gpu(ResourceKind kind, double capacity) {
    for (std::size_t gpu = 0; gpu < topology.gpus().size(); ++gpu)
      resources.push_back({kind, capacity, static_cast<std::int32_t>(gpu)});
  }

  [[nodiscard]] Duration launch_gap(OpId id, const Lane& lane) const {
    if (lane.engine != Engine::sm || first_op[plan.op(id).lane.index()] != id) return {};
    const Constant& gap = lane.launch == LaunchMode::graph ? profile.graph_gap : profile.eager_gap;
    Duration all = from_us(gap);
    if (order != LaunchOrder::none) all = all + from_us(profile.launch_order);
    if (order == LaunchOrder::fenced) all = all + from_us(profile.fence);
    if (!stores.empty() && stores[lane.kernel.index()]) all = all + from_us(profile.store_end);
    if (!threads.empty() && lane.protocol == Protocol::plain) {
      const double units = threads[lane.kernel.index()] / kRampThreads;
      all = all + scaled(profile.launch_ramp, units) + scaled(profile.kernel_ramp, units);
    }
    return all;
  }

  // What an op of a list that one kernel walks pays before it begins.
  [[nodiscard]] Duration walk_latency(OpId id, const Op& op, const Lane& lane) const {
    if (lane.engine != Engine::sm || lane.protocol != Protocol::plain) return {};
    if (op.kind == OpKind::compute && library_start(profile, plan.computes[op.detail].kernel))
      return {};
    const Constant& step = step_of(profile, keeps, plan.gpu_of(lane.rank));
    Duration latency = op.kind == OpKind::barrier ? Duration{} : from_us(step);
    if (!awaits_fence(plan, id) && !behind_fence[id.index()]) return latency;
    if (op.kind != OpKind::barrier) latency += from_us(profile.fence);
    const double doublings = std::log2(std::max(1, lane.ctas));
    return latency + scaled(profile.fence_step, doublings);
  }

  OpCost cost_of(OpId id, const Op& op, const Lane& lane, const Beside& beside) {
    switch (op.kind) {
      case OpKind::copy:
      case OpKind::reduce:
      case OpKind::scan_reduce:
      case OpKind::multimem_reduce:
      case OpKind::multimem_store: return transfer_cost(id, lane, beside);
      case OpKind::compute: return compute_cost(id);
      case OpKind::barrier:
      case OpKind::library: break;  // see models/library/lower.h
    }
    return {.cap = kUnlimited};
  }

  OpCost compute_cost(OpId id) {
    const Compute& work = plan.computes[plan.op(id).detail];
    if (const Constant* start = library_start(profile, work.kernel))
      return {.latency = from_us(*start), .cap = kUnlimited};
    OpCost cost{.latency = work.fixed, .cap = kUnlimited, .weight = kSmCapacity};
    const ComputeNeed need = compute_need(profile, work);
    if (need.seconds() <= 0) return cost;
    cost.payload = need.seconds() * kSmCapacity;
    const std::int32_t gpu = plan.gpu_of(plan.rank_of(id));
    const auto use = [&](Carrier carrier, double per_ps) {
      if (per_ps > 0) scratch.push_back({gpu, gpu, carrier, Edge::flag_relaxed, per_ps});
    };
    scratch.clear();
    use(Carrier::memory, reached_hbm(profile) / kSmCapacity * (need.hbm_seconds / need.seconds()));
    use(Carrier::sms, need.flop_seconds / need.seconds());
    cost.pattern = patterns.intern(scratch);
    return cost;
  }

  // Ops of one shape cost the same wherever nothing but their shape is asked for: a ring's costs
  // are found once per rank.
  OpCost transfer_cost(OpId id, const Lane& lane, const Beside& beside) {
    if (!by_shape || beside.product.valid()) return new_transfer_cost(id, lane, beside);
    Known& last = last_of_rank[lane.rank.index()];
    if (last.op.valid() && last.lane == plan.op(id).lane && same_shape(plan, last.op, id))
      return last.cost;
    last = {id, plan.op(id).lane, new_transfer_cost(id, lane, beside)};
    return last.cost;
  }

  OpCost new_transfer_cost(OpId id, const Lane& lane, const Beside& beside) {
    TrafficShape shape = reader.describe(id, scratch);
    OpCost cost{.latency = shape.route_latency,
                .payload = static_cast<double>(shape.payload.count)};
    cost.pattern = patterns.intern(scratch);
    switch (lane.engine) {
      case Engine::sm:
        if (lane.protocol == Protocol::plain)
          add_sm_rate(cost, id, shape, sm_place(profile, plan, beside));
        else
          add_channel_rate(cost, id, shape);
        break;
      case Engine::copy:
        cost.latency += copy_issue(profile, shape);
        cost.cap = copy_cap(profile, shape);
        cost.weight = copy_weight_of(profile, shape);
        cost.engine = is_engine_flow(profile, shape);
        break;
      case Engine::nic:
      case Engine::library: cost.cap = kUnlimited; break;
    }
    if (shape.crosses_nic) add_nic(cost);
    return cost;
  }

  [[nodiscard]] SmRate rate_of(OpId id, TrafficShape& shape, const SmPlace& place) const {
    const Op& op = plan.op(id);
    if (!first_round_apart(profile)) return sm_rate(profile, op, plan.lane(op.lane), shape, place);
    shape.in_line = in_line[id.index()];
    return sm_rate(profile, op, lane_in_use(plan, id, shape.in_line), shape, place);
  }

  void add_sm_rate(OpCost& cost, OpId id, TrafficShape& shape, const SmPlace& place) const {
    const Op& op = plan.op(id);
    const bool known = first_round_apart(profile);
    const SmRate rate = rate_of(id, shape, place);
    cost.latency += sm_latency(profile, op, shape);
    cost.cap = rate.cap;
    cost.weight = rate.cap != kUnlimited ? rate.weight : 1;
    // Stores are posted: an engine or link that is nearly full does not slow them before it is.
    const bool pushes = known && shape.remote_destinations > 0 && shape.remote_sources == 0;
    const bool posted = pushes || (known && shape.loaded <= 0);
    cost.soft = rate.cap != kUnlimited && !posted && !rate.softened;
    if (pushes) add_drain(cost, id, shape);
  }

  // What a push's drain overlaps with.
  void add_drain(OpCost& cost, OpId id, const TrafficShape& shape) const {
    const PushDrain drain =
        push_drain(profile, {cost.payload, cost.weight, link_rate(cost.pattern)});
    if (shape.loaded > 0) cost.latency = std::max(Duration{}, cost.latency - drain.overlap);
    if (goes_ahead.empty() || !goes_ahead[id.index()]) return;
    cost.ahead = drain.ahead;
  }

  // Payload per second that the links of the pattern let through.
  [[nodiscard]] double link_rate(std::int32_t pattern) const {
    double rate = kUnlimited;
    for (const Use& use : patterns.uses(pattern)) {
      const Resource& r = resources[static_cast<std::size_t>(use.resource)];
      if (r.kind == ResourceKind::link) rate = std::min(rate, r.capacity / use.per_byte);
    }
    return rate;
  }

  // A channel's rate was found end to end, with what softens it; loops in the switch wait as loads
  // of ours do, so links that are nearly full slow them.
  void add_channel_rate(OpCost& cost, OpId id, const TrafficShape& shape) const {
    cost.cap = channel_cap(profile, plan.op(id), plan.lane(plan.op(id).lane), shape);
    cost.weight = cost.cap != kUnlimited ? cost.cap : 1;
    cost.soft = shape.in_switch && cost.cap != kUnlimited;
  }

  // Once per op, however many NICs its bytes pass.
  void add_nic(OpCost& cost) const {
    cost.latency += from_us(profile.nic_issue);
    if (profile.nic_rate.value > 0) cost.cap = std::min(cost.cap, profile.nic_rate.value * 1e9);
  }

  const topology::Topology& topology;
  const CalibrationProfile& profile;
  const Plan& plan;
  Fabric fabric;
  PatternTable patterns;
  TrafficReader reader;
  std::vector<Resource> resources;
  std::size_t first_sms = 0;
  PowerModel power;
  std::vector<OpId> first_op;  // per lane
  LaunchOrder order = LaunchOrder::none;
  std::vector<double> threads;     // per kernel; empty: nobody asks
  std::vector<bool> stores;        // per kernel; empty: nobody asks
  std::vector<bool> keeps;         // per GPU: lists in registers; empty: nowhere
  std::vector<bool> in_line;       // per op: its data carry their own order; empty: nobody asks
  std::vector<bool> goes_ahead;    // per op: nobody waits for its fence; empty: nobody asks
  std::vector<bool> behind_fence;  // per op: its lane waits for the fence before; empty: no walks
  bool of_library = false;         // lanes of a library's kernels
  std::vector<Traffic> scratch;
  struct Known {
    OpId op;
    LaneId lane;
    OpCost cost;
  };
  bool by_shape = false;            // what a transfer costs depends on its shape only
  std::vector<Known> last_of_rank;  // if so: the last one whose cost was found
};

CostModel::CostModel(const topology::Topology& topology, const CalibrationProfile& profile,
                     const Plan& plan)
    : state_(std::make_unique<State>(topology, profile, plan)) {}
CostModel::~CostModel() = default;

OpCost CostModel::cost(OpId id, const Beside& beside) {
  const Op& op = state_->plan.op(id);
  const Lane& lane = state_->plan.lane(op.lane);
  OpCost cost = state_->cost_of(id, op, lane, beside);
  if (!state_->behind_fence.empty()) cost.latency += state_->walk_latency(id, op, lane);
  return cost;
}

Duration CostModel::launch_gap(OpId id) const {
  return state_->launch_gap(id, state_->plan.lane(state_->plan.op(id).lane));
}

std::span<const Use> CostModel::pattern(std::int32_t index) const {
  return state_->patterns.uses(index);
}

const std::vector<Resource>& CostModel::resources() const { return state_->resources; }

std::size_t CostModel::first_sms() const { return state_->first_sms; }

const PowerModel& CostModel::power() const { return state_->power; }

std::string CostModel::name_of(std::int32_t resource) const {
  const Resource& r = state_->resources[static_cast<std::size_t>(resource)];
  const auto gpu = [&] {
    return state_->topology.node(state_->topology.gpus()[static_cast<std::size_t>(r.index)]).name;
  };
  switch (r.kind) {
    case ResourceKind::link: return state_->fabric.name_of(static_cast<std::size_t>(r.index));
    case ResourceKind::hbm: return "hbm of " + gpu();
    case ResourceKind::sms: return "SMs of " + gpu();
  }
  return "?";
}

Duration CostModel::edge_latency(Edge edge, bool crosses) const {
  const CalibrationProfile& p = state_->profile;
  if (!crosses && edge != Edge::stream_memory) return {};
  switch (edge) {
    case Edge::flag_relaxed:
    case Edge::flag_fenced: return from_us(p.flag);
    case Edge::inline_ll:
      return from_us(state_->of_library && p.nccl_hop_ll.value > 0 ? p.nccl_hop_ll : p.flag);
    case Edge::inline_ll128:
      return from_us(first_round_apart(p) && !state_->of_library ? p.flag : p.nccl_hop_ll128);
    case Edge::event:
    case Edge::graph: return from_us(p.event);
    case Edge::stream_memory: return from_us(p.stream_memory);
  }
  return {};
}

Duration CostModel::barrier_latency(Edge edge) const {
  const CalibrationProfile& p = state_->profile;
  return from_us(edge == Edge::flag_relaxed ? p.barrier_relaxed : p.barrier_fenced);
}

std::size_t CostModel::memory_bytes() const {
  const State& s = *state_;
  return s.patterns.memory_bytes() + s.resources.capacity() * sizeof(Resource) +
         s.first_op.capacity() * sizeof(OpId) + s.last_of_rank.capacity() * sizeof(State::Known) +
         s.threads.capacity() * sizeof(double) + (s.stores.capacity() + s.in_line.capacity()) / 8 +
         (s.goes_ahead.capacity() + s.behind_fence.capacity()) / 8;
}

double CostModel::engine_share() const { return state_->profile.copy_share.value; }

bool CostModel::in_order() const { return state_->profile.blocks_fill_sms.value > 0; }

double CostModel::free_sms(OpId op, std::int32_t held) const {
  const Plan& plan = state_->plan;
  const bool computes = op.valid() && plan.op(op).kind == OpKind::compute;
  return models::free_sms(state_->profile, computes ? &plan.computes[plan.op(op).detail] : nullptr,
                          held);
}

double CostModel::last_wave(OpId op, std::int32_t held) const {
  const State& s = *state_;
  return models::last_wave(s.profile, s.plan.computes[s.plan.op(op).detail], held);
}

int CostModel::packed_ctas() const { return models::packed_ctas(state_->profile); }
int CostModel::cta_slots() const { return models::cta_slots(state_->profile); }
int CostModel::copy_slots() const { return static_cast<int>(state_->profile.copy_engines.value); }

Provenance CostModel::provenance() const {
  Provenance worst = state_->topology.provenance();
  for (const auto field : constants_used(state_->topology, state_->profile, state_->plan))
    worst = worse(worst, (state_->profile.*field).provenance);
  return worst;
}

bool CostModel::extrapolated() const {
  const CalibrationProfile& p = state_->profile;
  if (p.calibrated_ranks == 0) return false;
  bool outside = state_->plan.ranks() > p.calibrated_ranks;
  for (const Claim& claim : state_->plan.claims)
    for (const BufferId input : claim.inputs) {
      const Bytes size = state_->plan.buffer(input).size;
      outside |= size < p.calibrated_bytes_min || size > p.calibrated_bytes_max;
    }
  return outside;
}

}  // namespace twinlink::models
