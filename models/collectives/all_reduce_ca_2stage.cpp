#include "models/collectives/all_reduce_ca_2stage.h"

#include <algorithm>

#include "models/collectives/shipped_kernels.h"

namespace twinlink::models {
namespace {

class CustomTwoStage {
 public:
  CustomTwoStage(PlanBuilder& builder, const CollectiveRequest& request, const GroupFrame& frame)
      : builder_(builder), frame_(frame) {
    const auto parts = static_cast<std::int64_t>(frame.size());
    for (std::int64_t i = 0; i < parts; ++i)
      shares_.push_back(share_with_rest_last(i, parts, request.bytes));
    for (const Member& member : frame.members)
      gathered_.push_back(add_scratch(builder, request, member.rank, "tmp"));
  }

  void build() {
    meet(builder_, frame_, Edge::flag_relaxed);
    for (std::size_t r = 0; r < frame_.size(); ++r) reduce_own_share(r);
    meet(builder_, frame_, Edge::flag_fenced);
    for (std::size_t r = 0; r < frame_.size(); ++r) gather(r);
  }

 private:
  [[nodiscard]] std::size_t rotated(std::size_t r, std::size_t distance) const {
    return (r + distance) % frame_.size();
  }

  void reduce_own_share(std::size_t r) {
    if (shares_[r].size() == 0) return;
    sources_.clear();
    for (std::size_t i = 0; i < frame_.size(); ++i)
      sources_.push_back(slice_of(frame_.members[rotated(r, i)].input, shares_[r]));
    const Slice destination = slice_of(gathered_[r], shares_[r]);
    builder_.reduce(frame_.members[r].lane, Operator::sum, sources_, std::span(&destination, 1),
                    {});
  }

  void gather(std::size_t r) {
    sources_.clear();
    destinations_.clear();
    for (std::size_t i = 0; i < frame_.size(); ++i) {
      const std::size_t owner = rotated(r, i);
      if (shares_[owner].size() == 0) continue;
      sources_.push_back(slice_of(gathered_[owner], shares_[owner]));
      destinations_.push_back(slice_of(frame_.members[r].output, shares_[owner]));
    }
    if (!sources_.empty())
      builder_.copy(frame_.members[r].lane, sources_, destinations_, {}, LoadOrder::serial);
  }

  PlanBuilder& builder_;
  const GroupFrame& frame_;
  std::vector<ByteRange> shares_;
  std::vector<BufferId> gathered_;             // per member: its reduced share
  std::vector<Slice> sources_, destinations_;  // of the op being made
};

// The last share is the largest, except where its last pack is cut.
struct ShareSizes {
  std::int64_t largest, smallest;
};

ShareSizes share_sizes(const CollectiveRequest& request, std::int64_t members) {
  const std::int64_t first = share_with_rest_last(0, members, request.bytes).size();
  const std::int64_t last = share_with_rest_last(members - 1, members, request.bytes).size();
  return {std::max(first, last), std::min(first, last)};
}

}  // namespace

Plan build_all_reduce_ca_2stage(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "ca_2stage");
  builder.reserve_ops(plan_size_all_reduce_ca_2stage(request));
  CollectiveRequest shaped = request;
  shaped.shape = custom_all_reduce_shape(request.bytes);
  for (const std::vector<Rank>& group : groups_of(request)) {
    GroupFrame frame = add_group_frame(builder, request, group);
    add_lanes(builder, shaped, frame);
    CustomTwoStage(builder, request, frame).build();
  }
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_ca_2stage(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1 || request.bytes.count == 0) return {};
    const std::int64_t shares = packs_of(request.bytes) < members ? 1 : members;  // not empty
    const Bytes most{request.bytes.count + (members - 2) * share_sizes(request, members).largest};
    return {2, 2 * shares * (members - 1), most, most, members - 1};
  });
}

double closed_form_all_reduce_ca_2stage(const CollectiveRequest& request,
                                        const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const auto [largest, smallest] = share_sizes(request, members);
    const auto reduced = static_cast<double>((members - 1) * largest);
    const auto fetched = static_cast<double>(request.bytes.count - smallest);
    return 2 * costs.alpha + (reduced + fetched) * costs.beta + reduced * costs.gamma;
  });
}

OpCounts plan_size_all_reduce_ca_2stage(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {4 * members, members * (members + 1) + 2 * members * members, 0};
  });
}

}  // namespace twinlink::models
