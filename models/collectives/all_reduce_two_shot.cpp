#include "models/collectives/all_reduce_two_shot.h"

#include "models/collectives/group_frame.h"

namespace twinlink::models {
namespace {

class TwoShot {
 public:
  TwoShot(PlanBuilder& builder, const CollectiveRequest& request, const GroupFrame& frame)
      : builder_(builder), frame_(frame), element_size_(size_of(request.element)) {
    const auto parts = static_cast<std::int64_t>(frame.size());
    for (std::int64_t i = 0; i < parts; ++i)
      shares_.push_back(share(i, parts, elements_of(request)));
  }

  void build() {
    meet(Edge::flag_relaxed);
    for (std::size_t r = 0; r < frame_.size(); ++r) reduce_own_share(r);
    meet(Edge::flag_fenced);
    for (std::size_t r = 0; r < frame_.size(); ++r) fetch_other_shares(r);
  }

 private:
  [[nodiscard]] Slice part(BufferId buffer, std::size_t i) const {
    return slice_of(buffer, shares_[i], element_size_);
  }

  void meet(Edge edge) {
    const std::uint32_t rendezvous = builder_.add_rendezvous({frame_.id, edge});
    for (const Member& member : frame_.members) builder_.barrier(member.lane, rendezvous, {});
  }

  void reduce_own_share(std::size_t r) {
    if (shares_[r].count == 0) return;
    sources_.clear();
    for (const Member& member : frame_.members) sources_.push_back(part(member.input, r));
    const Slice destination = part(frame_.members[r].output, r);
    builder_.reduce(frame_.members[r].lane, Operator::sum, sources_, std::span(&destination, 1),
                    {});
  }

  void fetch_other_shares(std::size_t r) {
    sources_.clear();
    destinations_.clear();
    for (std::size_t distance = 1; distance < frame_.size(); ++distance) {
      const std::size_t owner = (r + distance) % frame_.size();
      if (shares_[owner].count == 0) continue;
      sources_.push_back(part(frame_.members[owner].output, owner));
      destinations_.push_back(part(frame_.members[r].output, owner));
    }
    if (!sources_.empty()) builder_.copy(frame_.members[r].lane, sources_, destinations_, {});
  }

  PlanBuilder& builder_;
  const GroupFrame& frame_;
  std::vector<Share> shares_;
  int element_size_;
  std::vector<Slice> sources_, destinations_;  // of the op being made
};

// Bytes of the largest and of the smallest share.
struct Extremes {
  std::int64_t largest, smallest;
};

Extremes extremes(const CollectiveRequest& request, std::int64_t members) {
  const std::int64_t n = elements_of(request);
  const int element_size = size_of(request.element);
  return {share(0, members, n).count * element_size,
          share(members - 1, members, n).count * element_size};
}

}  // namespace

Plan build_all_reduce_two_shot(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "two_shot");
  builder.reserve_ops(plan_size_all_reduce_two_shot(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    GroupFrame frame = add_group_frame(builder, request, group);
    add_lanes(builder, request, frame);
    TwoShot(builder, request, frame).build();
  }
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_two_shot(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t shares = std::min(members, elements_of(request));  // that are not empty
    if (members == 1 || shares == 0) return {};
    // Member 0 owns a largest share: it reads it P-1 times and fetches all the others.
    const Bytes most{request.bytes.count + (members - 2) * extremes(request, members).largest};
    return {2, 2 * shares * (members - 1), most, most, members - 1};
  });
}

double closed_form_all_reduce_two_shot(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const auto [largest, smallest] = extremes(request, members);
    const auto reduced = static_cast<double>((members - 1) * largest);
    const auto fetched = static_cast<double>(request.bytes.count - smallest);
    return 2 * costs.alpha + (reduced + fetched) * costs.beta + reduced * costs.gamma;
  });
}

OpCounts plan_size_all_reduce_two_shot(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {4 * members, members * (members + 1) + 2 * members * (members - 1), 0};
  });
}

}  // namespace twinlink::models
