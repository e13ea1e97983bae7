#include "realgpu/fused_schedule.h"

#include <algorithm>
#include <map>
#include <utility>

namespace twinlink::realgpu {
namespace {

using models::Edge;
using models::Lane;
using models::Op;
using models::OpKind;
using models::Plan;

std::vector<std::vector<OpId>> members_of(const Plan& plan) {
  std::vector<std::vector<OpId>> members(plan.rendezvous.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    if (plan.ops[i].kind == OpKind::barrier) members[plan.ops[i].detail].push_back(OpId{i});
  return members;
}

class Scheduler {
 public:
  explicit Scheduler(const Plan& plan) : plan_(plan), members_(members_of(plan)) {
    schedule_.scope = find_fused_scope(plan);
    schedule_.lanes.resize(plan.lanes.size());
    waited_.resize(plan.lanes.size());
  }

  FusedSchedule run() {
    place_steps();
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) add_waits(OpId{i});
    if (schedule_.scope.epochs_back > 0) order_launches();
    for (std::size_t lane = 0; lane < plan_.lanes.size(); ++lane) tell_waiters(LaneId{lane});
    return std::move(schedule_);
  }

 private:
  [[nodiscard]] std::int32_t gpu_of(LaneId lane) const {
    return plan_.gpu_of(plan_.lane(lane).rank);
  }
  [[nodiscard]] bool has_ops(LaneId lane) const { return !lane_ops_[lane.index()].empty(); }
  [[nodiscard]] bool on_sms(LaneId lane) const {
    return plan_.lane(lane).engine == models::Engine::sm;
  }
  // That `waiting` waits for another lane.
  [[nodiscard]] LaneWait wait_on(LaneId waiting, LaneId lane, std::uint32_t position) const {
    return {lane, position, 0, false, !on_sms(waiting) || !on_sms(lane)};
  }
  FusedStep& step_of(OpId op) {
    return schedule_.lanes[plan_.op(op).lane.index()][schedule_.position[op.index()]];
  }

  void place_steps() {
    lane_ops_.resize(plan_.lanes.size());
    schedule_.position.resize(plan_.ops.size());
    for (std::size_t i = 0; i < plan_.ops.size(); ++i)
      lane_ops_[plan_.ops[i].lane.index()].push_back(OpId{i});
    for (std::size_t lane = 0; lane < lane_ops_.size(); ++lane) place_lane(lane);
  }

  void place_lane(std::size_t lane) {
    if (lane_ops_[lane].empty()) return;
    std::vector<FusedStep>& steps = schedule_.lanes[lane];
    const bool ends = schedule_.scope.epochs_back > 0;
    if (ends) steps.emplace_back();
    for (const OpId op : lane_ops_[lane]) {
      schedule_.position[op.index()] = static_cast<std::uint32_t>(steps.size());
      steps.emplace_back().op = op;
    }
    if (ends) steps.emplace_back();
    schedule_.stride = std::max(schedule_.stride, static_cast<std::uint32_t>(steps.size()) + 1);
  }

  void add_waits(OpId id) {
    const Op& op = plan_.op(id);
    for (const models::Dep& d : plan_.deps_of(id))
      if (!schedule_.scope.is_inline(d.id(), id)) wait_for(id, d.id());
    if (!schedule_.scope.blocks) wait_for_own_lane(id);
    if (op.kind == OpKind::barrier) meet(id);
  }

  void wait_for(OpId waiting, OpId on) {
    const LaneId lane = plan_.op(waiting).lane;
    const LaneId other = plan_.op(on).lane;
    if (lane == other) return;  // lane order
    OpId& latest = waited_[lane.index()][other];
    if (latest.valid() && latest >= on) return;
    latest = on;
    step_of(waiting).before.push_back(wait_on(lane, other, schedule_.position[on.index()]));
    step_of(on).relaxed = false;
  }

  // All blocks of the lane have ended the last step that touched data.
  void wait_for_own_lane(OpId id) {
    const LaneId lane = plan_.op(id).lane;
    if (!on_sms(lane)) return;  // a stream
    const std::uint32_t at = schedule_.position[id.index()];
    std::vector<FusedStep>& steps = schedule_.lanes[lane.index()];
    if (plan_.op(id).kind == OpKind::barrier || at == 0 || !steps[at - 1].op.valid()) return;
    steps[at].before.push_back({lane, at - 1, 0, false});
    steps[at - 1].relaxed = false;
  }

  void meet(OpId id) {
    const Op& op = plan_.op(id);
    const bool relaxed = plan_.rendezvous[op.detail].edge == Edge::flag_relaxed;
    FusedStep& step = step_of(id);
    for (const OpId member : members_[op.detail]) {
      if (member == id) continue;
      step.after.push_back(
          wait_on(op.lane, plan_.op(member).lane, schedule_.position[member.index()]));
      step.after.back().relaxed = relaxed;
    }
    if (!relaxed) step.relaxed = false;
  }

  void order_launches() {
    for (std::size_t i = 0; i < plan_.lanes.size(); ++i)
      for (std::size_t j = 0; j < plan_.lanes.size(); ++j) {
        if (!has_ops(LaneId{i}) || !has_ops(LaneId{j})) continue;
        if (actor_of(plan_, LaneId{i}) == actor_of(plan_, LaneId{j})) continue;
        const auto last = static_cast<std::uint32_t>(schedule_.lanes[j].size() - 1);
        LaneWait wait = wait_on(LaneId{i}, LaneId{j}, last);
        wait.back = static_cast<std::uint8_t>(schedule_.scope.epochs_back);
        schedule_.lanes[i].front().before.push_back(wait);
      }
    for (std::size_t i = 0; i < plan_.lanes.size(); ++i)
      if (has_ops(LaneId{i}) && writes_elsewhere(LaneId{i}))
        schedule_.lanes[i].back().relaxed = false;
  }

  // Into another GPU's memory, other than inline.
  [[nodiscard]] bool writes_elsewhere(LaneId lane) const {
    for (const OpId op : lane_ops_[lane.index()]) {
      std::size_t slice = plan_.op(op).first_slice + plan_.op(op).sources;
      for (const models::Slice& to : plan_.destinations(op)) {
        const bool in_line = schedule_.scope.inline_slices[slice++] != 0;
        if (!in_line && plan_.gpu_of(plan_.buffer(to.buffer).rank) != gpu_of(lane)) return true;
      }
    }
    return false;
  }

  void tell_waiters(LaneId waiting) {
    const std::int32_t gpu = gpu_of(waiting);
    for (const FusedStep& step : schedule_.lanes[waiting.index()])
      for (const auto* waits : {&step.before, &step.after})
        for (const LaneWait& wait : *waits) {
          FusedStep& awaited = schedule_.lanes[wait.lane.index()][wait.position];
          auto& tells = wait.signal ? awaited.signals : awaited.tells;
          const auto at = std::lower_bound(tells.begin(), tells.end(), gpu);
          if (at == tells.end() || *at != gpu) tells.insert(at, gpu);
        }
  }

  const Plan& plan_;
  std::vector<std::vector<OpId>> members_;      // per rendezvous
  std::vector<std::vector<OpId>> lane_ops_;     // per lane
  std::vector<std::map<LaneId, OpId>> waited_;  // per waiting lane: other lane -> latest op
  FusedSchedule schedule_;
};

}  // namespace

std::string why_not_fused(const Plan& plan) {
  for (const Lane& lane : plan.lanes)
    if (lane.engine != models::Engine::sm && lane.engine != models::Engine::copy)
      return "a lane runs on a " + std::string(models::name_of(lane.engine)) +
             " engine (fused launches go with SM lanes and copy lanes)";
  constexpr int kLoads[] = {1, 2, 4, 8};
  for (const Lane& lane : plan.lanes)
    if (lane.engine == models::Engine::sm &&
        std::ranges::find(kLoads, lane.loads_in_flight) == std::end(kLoads))
      return "a lane has " + std::to_string(lane.loads_in_flight) +
             " loads in flight (there are kernels for 1, 2, 4 and 8)";
  for (const Lane& lane : plan.lanes)
    if (lane.launch != plan.lanes.front().launch) return "lanes differ in launch mode";
  return "";
}

FusedSchedule make_fused_schedule(const Plan& plan) { return Scheduler(plan).run(); }

}  // namespace twinlink::realgpu
