#include "models/collectives/all_reduce_one_shot_push.h"

#include "models/collectives/collective_group.h"
#include "models/collectives/push_exchange.h"

namespace twinlink::models {
namespace {

class OneShotPush {
 public:
  OneShotPush(PlanBuilder& builder, const CollectiveRequest& request,
              const std::vector<Rank>& ranks)
      : builder_(builder),
        edge_(push_edge(request.bytes)),
        group_(builder, request, ranks),
        bytes_(request.bytes) {
    group_.add_lanes();
    const Bytes all = bytes_ * static_cast<std::int64_t>(ranks.size() - 1);
    for (const Rank rank : ranks)
      arrived_.push_back(
          builder_.add_buffer({rank, BufferRole::scratch, request.element, all, "arrived"}));
  }

  void build() {
    for (std::size_t r = 0; r < group_.size(); ++r) push_input(r);
    for (std::size_t r = 0; r < group_.size(); ++r) fold_arrivals(r);
  }

 private:
  // Where `from`'s input lands on `to`: its distance ahead of `to` says which slot.
  [[nodiscard]] Slice slot(std::size_t to, std::size_t from) const {
    const std::size_t ahead = group_.ahead(from, group_.size() - to) - 1;
    return {arrived_[to], 0, bytes_ * static_cast<std::int64_t>(ahead), bytes_};
  }

  void push_input(std::size_t r) {
    std::vector<Slice> destinations;
    for (std::size_t k = 1; k < group_.size(); ++k)
      destinations.push_back(slot(group_.ahead(r, k), r));
    if (destinations.empty()) return;
    const Slice source = group_.whole(group_.member(r).input);
    pushed_.push_back(
        builder_.copy(group_.member(r).lane, std::span(&source, 1), destinations, {}));
  }

  void fold_arrivals(std::size_t r) {
    std::vector<Slice> sources;
    std::vector<Dep> deps;
    for (std::size_t from = 0; from < group_.size(); ++from) {
      sources.push_back(from == r ? group_.whole(group_.member(r).input) : slot(r, from));
      if (from != r) deps.push_back(dep(pushed_[from], edge_));
    }
    const Slice output = group_.whole(group_.member(r).output);
    builder_.reduce(group_.member(r).lane, Operator::sum, sources, std::span(&output, 1), deps);
  }

  PlanBuilder& builder_;
  Edge edge_;
  CollectiveGroup group_;
  Bytes bytes_;
  std::vector<BufferId> arrived_;  // by member
  std::vector<OpId> pushed_;       // by member; none for a group of one
};

}  // namespace

Plan build_all_reduce_one_shot_push(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "one_shot_push");
  builder.reserve_ops(plan_size_all_reduce_one_shot_push(request));
  for (const std::vector<Rank>& ranks : groups_of(request))
    OneShotPush(builder, request, ranks).build();
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_one_shot_push(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t others = members - 1;
    const Bytes bytes = request.bytes * others;
    return {others > 0 ? 1 : 0, members * others, bytes, bytes, others};
  });
}

double closed_form_all_reduce_one_shot_push(const CollectiveRequest& request,
                                            const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1) return 0.0;
    const double bytes = static_cast<double>(request.bytes.count);
    return costs.alpha + static_cast<double>(members - 1) * bytes * (costs.beta + costs.gamma);
  });
}

OpCounts plan_size_all_reduce_one_shot_push(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {2 * members, members * (2 * members + 1), members * (members - 1)};
  });
}

}  // namespace twinlink::models
