#include "sim/op_graph.h"

#include "topology/large_pages.h"

namespace twinlink::sim {
namespace {

bool crosses(const models::Plan& plan, const models::Dep& d, OpId to, bool launches) {
  const Rank from = plan.rank_of(d.id()), rank = plan.rank_of(to);
  return launches ? plan.gpu_of(from) != plan.gpu_of(rank) : from != rank;
}

}  // namespace

using models::Dep;
using models::Plan;

OpGraph::OpGraph(const Plan& plan) {
  resize_large(first_, plan.ops.size() + 1);
  resize_large(dependents_, plan.deps.size());
  resize_large(next_, plan.ops.size(), -1);
  resize_large(waiting_, plan.ops.size());
  for (const Dep& d : plan.deps) ++first_[d.op + 1];
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  std::vector<std::int32_t> last_of_lane(plan.lanes.size(), -1);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const LaneId lane = plan.ops[i].lane;
    std::int32_t& last = last_of_lane[lane.index()];
    const auto deps = plan.deps_of(OpId{i});
    waiting_[i] = static_cast<std::uint32_t>(deps.size()) + (last >= 0 ? 1 : 0);
    if (last >= 0) next_[static_cast<std::size_t>(last)] = static_cast<std::int32_t>(i);
    last = static_cast<std::int32_t>(i);
    for (const Dep& d : deps) {
      // first_ is moved along as the lists fill, and put back below.
      Dependent& dependent = dependents_[first_[d.op]++];
      dependent = {static_cast<std::uint32_t>(i) & 0x3FF'FFFF, d.edge, 0U};
      dependent.crosses = crosses(plan, d, OpId{i}, dependent.launches()) ? 1U : 0U;
    }
  }
  for (std::size_t i = first_.size() - 1; i > 0; --i) first_[i] = first_[i - 1];
  first_[0] = 0;
}

std::span<const Dependent> OpGraph::dependents(OpId id) const {
  const std::uint32_t begin = first_[id.index()];
  return std::span(dependents_).subspan(begin, first_[id.index() + 1] - begin);
}

std::size_t OpGraph::memory_bytes() const {
  return first_.capacity() * sizeof(first_[0]) + dependents_.capacity() * sizeof(Dependent) +
         next_.capacity() * sizeof(next_[0]) + waiting_.capacity() * sizeof(waiting_[0]);
}

}  // namespace twinlink::sim
