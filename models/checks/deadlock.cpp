#include "models/checks/deadlock.h"

#include <algorithm>
#include <optional>

#include "models/checks/findings.h"
#include "models/checks/op_parts.h"

namespace twinlink::models::checks {
namespace {

constexpr std::size_t kShownOnCycle = 8;

// A waits-for step: `op` waits for `before`.
struct Wait {
  OpId op, before;
};

class DeadlockWalk {
 public:
  DeadlockWalk(const Plan& plan, const Meetings& meetings) : plan_(plan), meetings_(meetings) {}

  Proof run() {
    check_complete();
    if (const std::optional<Wait> wait = first_out_of_order()) report(*wait);
    return std::move(proof_);
  }

 private:
  [[nodiscard]] const std::vector<Rank>& group_of(std::size_t meeting) const;
  [[nodiscard]] std::string name_of_meeting(std::size_t meeting) const;
  void check_complete();
  [[nodiscard]] std::optional<Wait> first_out_of_order() const;
  [[nodiscard]] std::vector<Wait> find_cycle() const;
  [[nodiscard]] std::vector<std::int32_t> waiting() const;
  [[nodiscard]] std::vector<Wait> walk_back(const std::vector<std::int32_t>& left) const;
  void report(const Wait& wait);
  void report_cycle(const std::vector<Wait>& cycle);

  // A rendezvous is one node, named by its last member; every other op is its own node.
  [[nodiscard]] OpId node(OpId op) const { return meetings_.completion(plan_, op); }
  template <class Visit>
  void for_each_wait(Visit&& visit) const;

  const Plan& plan_;
  const Meetings& meetings_;
  Proof proof_;
};

// All waits of lane order and dependencies, ops ascending, until visit returns false.
template <class Visit>
void DeadlockWalk::for_each_wait(Visit&& visit) const {
  std::vector<std::int32_t> last(plan_.lanes.size(), -1);
  for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
    const OpParts parts = parts_of(plan_, i);
    std::int32_t& previous = last[parts.op->lane.index()];
    if (previous >= 0 && !visit(Wait{parts.id, OpId{previous}})) return;
    previous = parts.id.value;
    for (std::size_t d = parts.first_dep; d < parts.end_of_deps; ++d)
      if (!visit(Wait{parts.id, plan_.deps[d].id()})) return;
  }
}

const std::vector<Rank>& DeadlockWalk::group_of(std::size_t meeting) const {
  const std::size_t barriers = plan_.rendezvous.size();
  const GroupId group = meeting < barriers ? plan_.rendezvous[meeting].group
                                           : plan_.library_calls[meeting - barriers].group;
  return plan_.groups[group.index()].members;
}

std::string DeadlockWalk::name_of_meeting(std::size_t meeting) const {
  const std::size_t barriers = plan_.rendezvous.size();
  if (meeting < barriers) return "rendezvous " + text(static_cast<std::int64_t>(meeting));
  return "library call " + text(static_cast<std::int64_t>(meeting - barriers));
}

void DeadlockWalk::check_complete() {
  for (std::size_t r = 0; r < meetings_.size(); ++r) {
    const auto ops = meetings_.members(r);
    const std::vector<Rank>& group = group_of(r);
    if (ops.empty() || ops.size() == group.size()) continue;
    std::vector<Rank> present;
    for (const OpId op : ops) present.push_back(plan_.rank_of(op));
    std::sort(present.begin(), present.end());
    for (const Rank rank : group) {
      if (std::binary_search(present.begin(), present.end(), rank)) continue;
      const OpId op = ops.front();
      add(proof_, {Check::deadlock, rank, op}, [&] {
        return text(rank) + ": never comes to " + name_of_meeting(r) + ", where " + text(op) +
               " of " + text(plan_.rank_of(op)) + " waits for it";
      });
    }
  }
}

// Without a rendezvous, lanes and dependencies follow the ids and cannot form a cycle. With them
// the same holds where every op comes after all members of the rendezvous that it follows.
std::optional<Wait> DeadlockWalk::first_out_of_order() const {
  if (meetings_.empty()) return std::nullopt;
  std::optional<Wait> found;
  for_each_wait([&](const Wait& wait) {
    if (node(wait.before) >= wait.op) found = wait;
    return !found;
  });
  return found;
}

// Per node: how many waits are left when all that can run has run.
std::vector<std::int32_t> DeadlockWalk::waiting() const {
  std::vector<std::int32_t> left(plan_.ops.size(), 0);
  std::vector<std::size_t> first(plan_.ops.size() + 1, 0);
  for_each_wait([&](const Wait& wait) {
    ++left[node(wait.op).index()];
    ++first[node(wait.before).index() + 1];
    return true;
  });
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  std::vector<OpId> followers(first.back());
  std::vector<std::size_t> next = first;
  for_each_wait([&](const Wait& wait) {
    followers[next[node(wait.before).index()]++] = node(wait.op);
    return true;
  });
  std::vector<OpId> ready;
  for (std::size_t i = 0; i < plan_.ops.size(); ++i)
    if (left[i] == 0 && node(OpId{i}) == OpId{i}) ready.push_back(OpId{i});
  while (!ready.empty()) {
    const std::size_t done = ready.back().index();
    ready.pop_back();
    for (std::size_t f = first[done]; f < first[done + 1]; ++f)
      if (--left[followers[f].index()] == 0) ready.push_back(followers[f]);
  }
  return left;
}

std::vector<Wait> DeadlockWalk::find_cycle() const {
  const std::vector<std::int32_t> left = waiting();
  const bool stuck = std::any_of(left.begin(), left.end(), [](std::int32_t n) { return n > 0; });
  return stuck ? walk_back(left) : std::vector<Wait>{};
}

// Every node that is left waits for another that is left: following them ends in a cycle.
std::vector<Wait> DeadlockWalk::walk_back(const std::vector<std::int32_t>& left) const {
  std::vector<Wait> blocker(plan_.ops.size());
  OpId start;
  for_each_wait([&](const Wait& wait) {
    if (left[node(wait.op).index()] == 0 || left[node(wait.before).index()] == 0) return true;
    blocker[node(wait.op).index()] = wait;
    start = node(wait.op);
    return true;
  });
  std::vector<std::uint8_t> seen(plan_.ops.size(), 0);
  OpId at = start;
  for (; seen[at.index()] == 0; at = node(blocker[at.index()].before)) seen[at.index()] = 1;
  std::vector<Wait> cycle;
  const OpId begin = at;
  do {
    cycle.push_back(blocker[at.index()]);
    at = node(blocker[at.index()].before);
  } while (at != begin);
  return cycle;
}

void DeadlockWalk::report(const Wait& wait) {
  const std::vector<Wait> cycle = find_cycle();
  if (!cycle.empty()) return report_cycle(cycle);
  const Rank rank = plan_.rank_of(wait.op);
  add(proof_, {Check::deadlock, rank, wait.op}, [&] {
    return text(rank) + ": " + text(wait.op) + " follows the rendezvous of " + text(wait.before) +
           " but is stored before its last member " + text(node(wait.before)) +
           ": the order of ops is no order of execution";
  });
}

void DeadlockWalk::report_cycle(const std::vector<Wait>& cycle) {
  const Wait& first = cycle.front();
  const Rank rank = plan_.rank_of(first.op);
  add(proof_, {Check::deadlock, rank, first.op}, [&] {
    std::string message = text(rank) + ": " + text(first.op) + " waits for itself: ";
    for (std::size_t i = 0; i < cycle.size() && i < kShownOnCycle; ++i) {
      const OpId op = cycle[i].op;
      const OpId before = cycle[i].before;
      if (i > 0) message += "; ";
      message += text(op) + " (" + text(plan_.rank_of(op)) + ", lane " +
                 text(std::int64_t{plan_.op(op).lane.value}) + ") waits for " + text(before) +
                 " (" + text(plan_.rank_of(before)) + ", lane " +
                 text(std::int64_t{plan_.op(before).lane.value}) + ")";
      if (plan_.op(before).kind == OpKind::barrier)
        message += ", rendezvous " + text(std::int64_t{plan_.op(before).detail});
      if (plan_.op(before).kind == OpKind::library)
        message += ", library call " + text(std::int64_t{plan_.op(before).detail});
    }
    return message + (cycle.size() > kShownOnCycle ? "; ..." : "");
  });
}

}  // namespace

Proof deadlocks(const Plan& plan, const Meetings& meetings) {
  return DeadlockWalk(plan, meetings).run();
}

}  // namespace twinlink::models::checks
