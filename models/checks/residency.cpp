#include <algorithm>
#include <numeric>

#include "models/checks/findings.h"
#include "models/checks/meetings.h"
#include "models/checks/op_parts.h"

namespace twinlink::models {
namespace {

using checks::add;
using checks::parts_of;
using checks::text;

// Sets of kernels that wait for each other while they run.
class KernelSets {
 public:
  explicit KernelSets(const Plan& plan)
      : plan_(plan), parent_(plan.kernels.size()), waits_(plan.kernels.size()) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }

  // Both ops' kernels must run at the same time, if both run in kernels; lane order is free.
  void join(OpId waiting, OpId awaited) {
    const LaneId a = plan_.op(waiting).lane;
    const LaneId b = plan_.op(awaited).lane;
    if (a == b || plan_.lane(a).engine != Engine::sm || plan_.lane(b).engine != Engine::sm) return;
    const std::size_t root = find(plan_.lane(b).kernel.index());
    const std::size_t other = find(plan_.lane(a).kernel.index());
    parent_[other] = root;
    if (!waits_[root].valid()) waits_[root] = waits_[other].valid() ? waits_[other] : waiting;
  }

  std::size_t find(std::size_t kernel) {
    while (parent_[kernel] != kernel) kernel = parent_[kernel] = parent_[parent_[kernel]];
    return kernel;
  }
  // An op that waits for another lane of the set; invalid: none does.
  [[nodiscard]] OpId wait(std::size_t root) const { return waits_[root]; }

 private:
  const Plan& plan_;
  std::vector<std::size_t> parent_;
  std::vector<OpId> waits_;
};

// Whether the waiting kernel spins on the edge, so that it holds its CTAs meanwhile.
bool spins(Edge edge) {
  switch (edge) {
    case Edge::flag_relaxed:
    case Edge::flag_fenced:
    case Edge::inline_ll:
    case Edge::inline_ll128: return true;
    case Edge::event:
    case Edge::graph:
    case Edge::stream_memory: return false;
  }
  return true;
}

KernelSets join_all(const Plan& plan) {
  KernelSets sets(plan);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const checks::OpParts parts = parts_of(plan, i);
    for (std::size_t d = parts.first_dep; d < parts.end_of_deps; ++d)
      if (spins(plan.deps[d].kind())) sets.join(parts.id, plan.deps[d].id());
  }
  const checks::Meetings meetings(plan);
  for (std::size_t r = 0; r < plan.rendezvous.size(); ++r)
    for (const OpId op : meetings.members(r)) sets.join(op, meetings.members(r).front());
  return sets;
}

// What one set of kernels needs on one GPU.
struct Need {
  std::size_t set;
  std::int32_t gpu;
  KernelId kernel;
  std::int64_t ctas;
};

std::vector<Need> needs_of(const Plan& plan, KernelSets& sets) {
  std::vector<Need> needs;
  for (const Lane& lane : plan.lanes) {
    if (lane.engine != Engine::sm) continue;
    const std::size_t set = sets.find(lane.kernel.index());
    if (sets.wait(set).valid())
      needs.push_back({set, plan.gpu_of(lane.rank), lane.kernel, lane.ctas});
  }
  std::stable_sort(needs.begin(), needs.end(), [](const Need& a, const Need& b) {
    return a.gpu != b.gpu ? a.gpu < b.gpu : a.set < b.set;
  });
  return needs;
}

}  // namespace

Proof check_residency(const Plan& plan, int cta_slots) {
  Proof proof = check_structure(plan);
  if (!proof.correct() || cta_slots <= 0) return proof;
  KernelSets sets = join_all(plan);
  const std::vector<Need> needs = needs_of(plan, sets);
  for (std::size_t i = 0; i < needs.size();) {
    const Need& first = needs[i];
    std::int64_t ctas = 0;
    std::int64_t lanes = 0;
    for (; i < needs.size() && needs[i].gpu == first.gpu && needs[i].set == first.set; ++i, ++lanes)
      ctas += needs[i].ctas;
    if (ctas <= cta_slots) continue;
    const Kernel& kernel = plan.kernels[first.kernel.index()];
    const OpId op = sets.wait(first.set);
    add(proof, {Check::deadlock, kernel.rank, op}, [&] {
      return text(kernel.rank) + ": kernel \"" + kernel.name + "\" and those it waits for (see " +
             text(op) + " of " + text(plan.rank_of(op)) + ") need " + text(ctas) + " CTAs in " +
             text(lanes) + " lanes at once on GPU " + text(std::int64_t{first.gpu}) + "; " +
             text(std::int64_t{cta_slots}) + " fit";
    });
  }
  return proof;
}

}  // namespace twinlink::models
