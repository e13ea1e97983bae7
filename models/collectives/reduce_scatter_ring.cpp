#include "models/collectives/reduce_scatter_ring.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

class ReduceScatterRing {
 public:
  ReduceScatterRing(PlanBuilder& builder, const CollectiveRequest& request,
                    const std::vector<Rank>& ranks)
      : builder_(builder), group_(builder, request, ranks) {
    group_.add_lanes();
    if (group_.size() <= 2) return;  // no partial sums but the outputs
    for (const Rank rank : ranks)
      partial_.push_back(add_scratch(builder, request, rank, "partial"));
  }

  void build() {
    if (group_.size() == 1) group_.copy_own(0);
    for (std::size_t step = 0; step + 1 < group_.size(); ++step)
      for (std::size_t r = 0; r < group_.size(); ++r) reduce(step, r);
  }

 private:
  [[nodiscard]] std::size_t back(std::size_t r, std::size_t steps) const {
    return group_.ahead(r, group_.size() - steps);
  }

  void reduce(std::size_t step, std::size_t r) {
    const std::size_t left = back(r, 1), chunk = back(r, step + 2);
    const Slice sources[] = {
        group_.part(step == 0 ? group_.member(left).input : partial_[left], chunk),
        group_.part(group_.member(r).input, chunk)};
    const bool last = step + 2 == group_.size();
    const Slice destination =
        last ? group_.whole(group_.member(r).output) : group_.part(partial_[r], chunk);
    Dep before{};
    if (step > 0) before = dep(OpId{builder_.next_op().index() - r - group_.size() + left});
    builder_.reduce(group_.member(r).lane, Operator::sum, sources, std::span(&destination, 1),
                    std::span(&before, step > 0 ? 1 : 0));
  }

  PlanBuilder& builder_;
  CollectiveGroup group_;
  std::vector<BufferId> partial_;
};

}  // namespace

Plan build_reduce_scatter_ring(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "ring");
  builder.reserve_ops(plan_size_reduce_scatter_ring(request));
  for (const std::vector<Rank>& ranks : groups_of(request))
    ReduceScatterRing(builder, request, ranks).build();
  return builder.finish();
}

AlgorithmCounts counts_reduce_scatter_ring(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    // Member r receives all shares but r-1 and sends all but its own: most who misses the smallest.
    const Bytes most = request.bytes - smallest_share(request, members);
    return {members - 1, members * (members - 1), most, most, members - 1};
  });
}

double closed_form_reduce_scatter_ring(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    const auto bytes = static_cast<double>(largest_share(request, members).count);
    return static_cast<double>(members - 1) * (costs.alpha + bytes * (costs.beta + costs.gamma));
  });
}

OpCounts plan_size_reduce_scatter_ring(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    if (members == 1) return {1, 2, 0};
    const std::size_t ops = members * (members - 1);
    return {ops, 3 * ops, ops - members};
  });
}

}  // namespace twinlink::models
