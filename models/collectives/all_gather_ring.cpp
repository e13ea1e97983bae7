#include "models/collectives/all_gather_ring.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

class AllGatherRing {
 public:
  AllGatherRing(PlanBuilder& builder, const CollectiveRequest& request,
                const std::vector<Rank>& ranks)
      : builder_(builder), group_(builder, request, ranks) {
    group_.add_lanes();
  }

  void build() {
    for (std::size_t step = 0; step + 1 < group_.size(); ++step)
      for (std::size_t r = 0; r < group_.size(); ++r) gather(step, r);
    for (std::size_t r = 0; r < group_.size(); ++r)
      builder_.copy(group_.member(r).lane, group_.whole(group_.member(r).input),
                    group_.part(group_.member(r).output, r), {});
  }

 private:
  [[nodiscard]] std::size_t back(std::size_t r, std::size_t steps) const {
    return group_.ahead(r, group_.size() - steps);
  }

  void gather(std::size_t step, std::size_t r) {
    const std::size_t left = back(r, 1), chunk = back(r, step + 1);
    const Slice source = step == 0 ? group_.whole(group_.member(left).input)
                                   : group_.part(group_.member(left).output, chunk);
    Dep before{};
    if (step > 0) before = dep(OpId{builder_.next_op().index() - r - group_.size() + left});
    builder_.copy(group_.member(r).lane, source, group_.part(group_.member(r).output, chunk),
                  std::span(&before, step > 0 ? 1 : 0));
  }

  PlanBuilder& builder_;
  CollectiveGroup group_;
};

}  // namespace

Plan build_all_gather_ring(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "ring");
  builder.reserve_ops(plan_size_all_gather_ring(request));
  for (const std::vector<Rank>& ranks : groups_of(request))
    AllGatherRing(builder, request, ranks).build();
  return builder.finish();
}

AlgorithmCounts counts_all_gather_ring(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    // Member r receives all shares but its own and sends all but r+1: most who misses the smallest.
    const Bytes most = request.bytes - smallest_share(request, members);
    return {members - 1, members * (members - 1), most, most, 0};
  });
}

double closed_form_all_gather_ring(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    const auto bytes = static_cast<double>(largest_share(request, members).count);
    return static_cast<double>(members - 1) * (costs.alpha + bytes * costs.beta);
  });
}

OpCounts plan_size_all_gather_ring(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {members * members, 2 * members * members, members * (members - 1)};
  });
}

}  // namespace twinlink::models
