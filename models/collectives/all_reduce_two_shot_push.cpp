#include "models/collectives/all_reduce_two_shot_push.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

class TwoShotPush {
 public:
  TwoShotPush(PlanBuilder& builder, const CollectiveRequest& request,
              const std::vector<Rank>& ranks)
      : builder_(builder),
        group_(builder, request, ranks),
        pushed_(ranks.size()),
        summed_(pushed_) {
    group_.add_lanes();
    for (std::size_t r = 0; r < group_.size(); ++r)
      arrived_.push_back(builder_.add_buffer(
          {ranks[r], BufferRole::scratch, request.element,
           group_.share_size(r) * static_cast<std::int64_t>(ranks.size()), "arrived"}));
  }

  void build() {
    for (std::size_t r = 0; r < group_.size(); ++r) push_shares(r);
    for (std::size_t r = 0; r < group_.size(); ++r) sum_own_share(r);
    group_.await_all(summed_);
  }

 private:
  // Where share `owner` of `sender` lands.
  [[nodiscard]] Slice slot(std::size_t owner, std::size_t sender) const {
    const Bytes size = group_.share_size(owner);
    return {arrived_[owner], 0, size * static_cast<std::int64_t>(sender), size};
  }

  void push_shares(std::size_t r) {
    sources_.clear();
    destinations_.clear();
    for (std::size_t k = 1; k < group_.size(); ++k) {
      const std::size_t owner = group_.ahead(r, k);
      if (group_.share_is_empty(owner)) continue;
      sources_.push_back(group_.part(group_.member(r).input, owner));
      destinations_.push_back(slot(owner, r));
    }
    if (!sources_.empty())
      pushed_[r] = builder_.copy(group_.member(r).lane, sources_, destinations_, {});
  }

  void sum_own_share(std::size_t r) {
    if (group_.share_is_empty(r)) return;
    sources_.clear();
    destinations_.clear();
    deps_.clear();
    for (std::size_t m = 0; m < group_.size(); ++m) {
      sources_.push_back(m == r ? group_.part(group_.member(r).input, r) : slot(r, m));
      destinations_.push_back(group_.part(group_.member(group_.ahead(r, m)).output, r));
      if (m != r) deps_.push_back(dep(pushed_[m]));
    }
    summed_[r] =
        builder_.reduce(group_.member(r).lane, Operator::sum, sources_, destinations_, deps_);
  }

  PlanBuilder& builder_;
  CollectiveGroup group_;
  std::vector<BufferId> arrived_;
  std::vector<OpId> pushed_, summed_;          // by member; invalid: nothing to do
  std::vector<Slice> sources_, destinations_;  // of the op being made
  std::vector<Dep> deps_;
};

}  // namespace

Plan build_all_reduce_two_shot_push(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "two_shot_push");
  builder.reserve_ops(plan_size_all_reduce_two_shot_push(request));
  for (const std::vector<Rank>& ranks : groups_of(request))
    TwoShotPush(builder, request, ranks).build();
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_two_shot_push(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t shares = filled_shares(request, members);
    if (members == 1 || shares == 0) return {};
    // Member 0 owns a largest share: it sends and gets it P-1 times, and all the others once.
    const Bytes most = request.bytes + largest_share(request, members) * (members - 2);
    return {2, 2 * shares * (members - 1), most, most, members - 1};
  });
}

double closed_form_all_reduce_two_shot_push(const CollectiveRequest& request,
                                            const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const Bytes scattered = request.bytes - smallest_share(request, members);
    const auto own = static_cast<double>((largest_share(request, members) * (members - 1)).count);
    return 2 * costs.alpha + (static_cast<double>(scattered.count) + own) * costs.beta +
           own * costs.gamma;
  });
}

OpCounts plan_size_all_reduce_two_shot_push(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    const std::size_t pairs = members * (members - 1);
    return {3 * members, 2 * pairs + 2 * members * members + 2 * members, 2 * pairs};
  });
}

}  // namespace twinlink::models
