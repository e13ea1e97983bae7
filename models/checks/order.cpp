#include "models/checks/order.h"

#include <algorithm>

namespace twinlink::models::checks {
namespace {

bool usable(const Dep& dep, Need need) {
  return need == Need::any || dep.kind() != Edge::flag_relaxed;
}

bool usable(const Rendezvous& rendezvous, Need need) {
  return need == Need::any || rendezvous.edge != Edge::flag_relaxed;
}

std::vector<std::int32_t> previous_in_lane(const Plan& plan) {
  std::vector<std::int32_t> previous(plan.ops.size());
  std::vector<std::int32_t> last(plan.lanes.size(), -1);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    std::int32_t& op = last[plan.ops[i].lane.index()];
    previous[i] = op;
    op = static_cast<std::int32_t>(i);
  }
  return previous;
}

// Calls visit(op) for the lane's previous op and the usable dependencies of `parts`.
template <class Visit>
void for_each_before(const Plan& plan, const OpParts& parts, std::int32_t previous, Need need,
                     Visit&& visit) {
  if (previous >= 0) visit(OpId{previous});
  for (std::size_t d = parts.first_dep; d < parts.end_of_deps; ++d)
    if (usable(plan.deps[d], need)) visit(plan.deps[d].id());
}

}  // namespace

MeetingReach::MeetingReach(const Plan& plan, const Meetings& meetings, Need need)
    : after_(plan.ops.size(), -1), before_(plan.ops.size(), -1) {
  const std::vector<std::int32_t> previous = previous_in_lane(plan);
  const auto last = [&](std::int32_t r) {
    return meetings.members(static_cast<std::size_t>(r)).back();
  };
  const auto own = [&](OpId op) {
    const Op& o = plan.op(op);
    const bool meets = o.kind == OpKind::barrier && usable(plan.rendezvous[o.detail], need);
    return meets ? static_cast<std::int32_t>(o.detail) : -1;
  };
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    for_each_before(plan, parts_of(plan, i), previous[i], need, [&](OpId op) {
      const std::int32_t found = own(op) >= 0 ? own(op) : before_[op.index()];
      if (found >= 0 && (before_[i] < 0 || last(before_[i]) < last(found))) before_[i] = found;
    });
  }
  for (std::size_t i = plan.ops.size(); i-- > 0;) {
    const std::int32_t found = own(OpId{i}) >= 0 ? own(OpId{i}) : after_[i];
    if (found < 0) continue;
    for_each_before(plan, parts_of(plan, i), previous[i], need, [&](OpId op) {
      std::int32_t& after = after_[op.index()];
      if (after < 0 || last(found) < last(after)) after = found;
    });
  }
}

Order::Order(const Plan& plan) : plan_(plan), meetings_(plan) {
  link_chains();
  if (meetings_.empty()) return;
  any_.emplace(plan, meetings_, Need::any);
  visible_.emplace(plan, meetings_, Need::visible);
}

// An op continues the chain of its first dependency that nobody has continued.
void Order::link_chains() {
  links_.resize(plan_.ops.size());
  std::vector<std::uint8_t> continued(plan_.ops.size(), 0);
  for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
    const OpParts parts = parts_of(plan_, i);
    const auto id = static_cast<std::int32_t>(i);
    links_[i] = {id, id};
    for (std::size_t d = parts.first_dep; d < parts.end_of_deps; ++d) {
      const Dep& dep = plan_.deps[d];
      if (continued[dep.op] != 0) continue;
      continued[dep.op] = 1;
      links_[i].chain = links_[dep.op].chain;
      if (usable(dep, Need::visible)) links_[i].visible_from = links_[dep.op].visible_from;
      break;
    }
  }
}

// By a direct dependency or a rendezvous between them.
bool Order::near(const OpParts& later, OpId earlier, Need need) const {
  for (std::size_t d = later.first_dep; d < later.end_of_deps; ++d)
    if (plan_.deps[d].id() == earlier && usable(plan_.deps[d], need)) return true;
  const std::optional<MeetingReach>& reach = need == Need::any ? any_ : visible_;
  return reach && reach->joined(earlier, later.id);
}

bool Order::quick_any(const OpParts& later, OpId earlier) const {
  if (quick(later, earlier, Need::any)) return true;
  const Op& op = plan_.op(earlier);
  return op.kind == OpKind::barrier &&
         any_->last_before(later.id) == static_cast<std::int32_t>(op.detail);
}

void Order::prepare_search() {
  previous_ = previous_in_lane(plan_);
  visited_.assign(plan_.ops.size(), 0);
  met_.assign(plan_.rendezvous.size(), 0);
  reached_.assign(plan_.lanes.size(), {});
}

void Order::search(OpId later, std::vector<OpId>& earlier, Need need) {
  if (earlier.empty() || exhausted()) return;
  if (search_++ == 0) prepare_search();
  const OpId oldest = *std::min_element(earlier.begin(), earlier.end());
  const std::int64_t pause = 64;  // steps between looks at what is still open
  std::int64_t next_look = steps_ + pause;
  stack_.clear();
  expand(later, oldest, need);
  while (!stack_.empty() && !earlier.empty() && !exhausted()) {
    const OpId op = stack_.back();
    stack_.pop_back();
    expand(op, oldest, need);
    if (steps_ < next_look) continue;
    take_out_reached(earlier);
    next_look = steps_ + pause + static_cast<std::int64_t>(earlier.size());
  }
  take_out_reached(earlier);
}

void Order::take_out_reached(std::vector<OpId>& earlier) const {
  const auto reached = [this](OpId op) {
    const Reached& lane = reached_[plan_.op(op).lane.index()];
    return lane.search == search_ && lane.op >= op.value;
  };
  earlier.erase(std::remove_if(earlier.begin(), earlier.end(), reached), earlier.end());
}

void Order::visit(OpId op, OpId oldest) {
  ++steps_;
  if (visited_[op.index()] == search_ || meetings_.completion(plan_, op) < oldest) return;
  visited_[op.index()] = search_;
  mark_reached(op);
  stack_.push_back(op);
}

void Order::mark_reached(OpId op) {
  Reached& lane = reached_[plan_.op(op).lane.index()];
  if (lane.search != search_ || lane.op < op.value) lane = {search_, op.value};
}

void Order::expand_own(OpId op, OpId oldest, Need need) {
  for_each_before(plan_, parts_of(plan_, op.index()), previous_[op.index()], need,
                  [&](OpId before) { visit(before, oldest); });
}

void Order::expand(OpId op, OpId oldest, Need need) {
  expand_own(op, oldest, need);
  const Op& o = plan_.op(op);
  if (o.kind != OpKind::barrier || met_[o.detail] == search_) return;
  if (!usable(plan_.rendezvous[o.detail], need)) return;
  met_[o.detail] = search_;
  for (const OpId member : meetings_.members(o.detail)) {
    ++steps_;
    if (visited_[op.index()] == search_) mark_reached(member);  // not of the later op's own
    expand_own(member, oldest, need);
  }
}

}  // namespace twinlink::models::checks
