#include "models/collectives/all_reduce_double_binary_tree.h"

#include <bit>

#include "models/collectives/collective_group.h"
#include "models/collectives/double_tree.h"

namespace twinlink::models {
namespace {

constexpr int kTrees = 2;

std::int64_t slices_for(const CollectiveRequest& request, std::int64_t members) {
  const auto levels =
      static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(members - 1)));
  return pipeline_slices(request, 2 * levels, request.bytes);
}

// Slice k of what a tree reduces; of no buffer.
Slice slice_of_tree(const CollectiveRequest& request, int tree, std::int64_t k,
                    std::int64_t slices) {
  const int element = size_of(request.element);
  const Share half = aligned_share(tree, kTrees, elements_of(request), element);
  const Share part = aligned_share(k, slices, half.count, element);
  return slice_of({}, {half.begin + part.begin, part.count}, element);
}

// One tree of one group: its lanes, and the ops of slice after slice.
class TreeOps {
 public:
  TreeOps(PlanBuilder& builder, const CollectiveGroup& group, int tree, const LaneShape& lane)
      : builder_(builder),
        group_(group),
        tree_(double_tree(group.size(), tree)),
        up_lane_(group.size()),
        down_lane_(group.size()),
        up_(group.size()),
        down_(group.size()) {
    for (std::size_t r = 0; r < group.size(); ++r) {
      const KernelId kernel = group.member(r).kernel;
      if (is_inner(r)) up_lane_[r] = builder.add_sm_lane(kernel, lane);
      if (r != tree_.root) down_lane_[r] = builder.add_sm_lane(kernel, lane);
    }
  }

  void reduce_and_broadcast(const Slice& slice) {
    for (const std::size_t r : tree_.upwards) reduce(r, slice);
    for (auto r = tree_.upwards.rbegin(); r != tree_.upwards.rend(); ++r)
      for (const std::size_t child : tree_.nodes[*r].children) pull(child, *r, slice);
  }

 private:
  [[nodiscard]] bool is_inner(std::size_t r) const { return !tree_.nodes[r].children.empty(); }
  static Slice of(BufferId buffer, Slice slice) {
    slice.buffer = buffer;
    return slice;
  }

  // In the order of positions: left subtree, own, right subtree. The root comes first of all.
  void reduce(std::size_t r, const Slice& slice) {
    sources_.clear();
    deps_.clear();
    const std::vector<std::size_t>& children = tree_.nodes[r].children;
    if (r == tree_.root) sources_.push_back(of(group_.member(r).input, slice));
    for (std::size_t c = 0; c < children.size(); ++c) {
      const Member& child = group_.member(children[c]);
      sources_.push_back(of(is_inner(children[c]) ? child.output : child.input, slice));
      if (is_inner(children[c])) deps_.push_back(dep(up_[children[c]]));
      if (c == 0 && r != tree_.root) sources_.push_back(of(group_.member(r).input, slice));
    }
    const Slice sum = of(group_.member(r).output, slice);
    up_[r] = builder_.reduce(up_lane_[r], Operator::sum, sources_, std::span(&sum, 1), deps_);
  }

  void pull(std::size_t r, std::size_t parent, const Slice& slice) {
    const Dep before = dep(parent == tree_.root ? up_[parent] : down_[parent]);
    down_[r] = builder_.copy(down_lane_[r], of(group_.member(parent).output, slice),
                             of(group_.member(r).output, slice), std::span(&before, 1));
  }

  PlanBuilder& builder_;
  const CollectiveGroup& group_;
  BinaryTree tree_;
  std::vector<LaneId> up_lane_, down_lane_;
  std::vector<OpId> up_, down_;  // of the slice being made
  std::vector<Slice> sources_;
  std::vector<Dep> deps_;
};

void build_group(PlanBuilder& builder, const CollectiveRequest& request, CollectiveGroup& group) {
  // An inner member of one tree is a leaf of the other: three lanes; the few others have four.
  const LaneShape lane = lane_of(request.shape, 3);
  TreeOps trees[kTrees] = {{builder, group, 0, lane}, {builder, group, 1, lane}};
  const std::int64_t slices = slices_for(request, static_cast<std::int64_t>(group.size()));
  for (std::int64_t k = 0; k < slices; ++k)
    for (int t = 0; t < kTrees; ++t)
      trees[t].reduce_and_broadcast(slice_of_tree(request, t, k, slices));
}

// What an op upwards (per child folded in) and one downwards weigh: fixed, and per byte.
struct Weights {
  double up, up_child, up_child_byte, down, down_byte;
};

// The longest chain through one tree's pipeline, slice after slice, as its lanes run it.
class TreeChain {
 public:
  TreeChain(std::size_t members, int tree, const Weights& weights)
      : tree_(double_tree(members, tree)), weights_(weights), up_(members), down_(members) {}

  double advance(double bytes) {
    double last = 0;
    for (const std::size_t r : tree_.upwards) {
      const std::vector<std::size_t>& children = tree_.nodes[r].children;
      for (const std::size_t child : children) up_[r] = std::max(up_[r], up_[child]);
      up_[r] += weights_.up + static_cast<double>(children.size()) *
                                  (weights_.up_child + bytes * weights_.up_child_byte);
    }
    down_[tree_.root] = up_[tree_.root];
    for (auto r = tree_.upwards.rbegin(); r != tree_.upwards.rend(); ++r)
      for (const std::size_t child : tree_.nodes[*r].children) {
        down_[child] =
            std::max(down_[child], down_[*r]) + weights_.down + bytes * weights_.down_byte;
        last = std::max(last, down_[child]);
      }
    return last;
  }

 private:
  BinaryTree tree_;
  Weights weights_;
  std::vector<double> up_, down_;  // end of the latest slice's op; a leaf's up stays 0
};

double longest_chain(const CollectiveRequest& request, std::int64_t members,
                     const Weights& weights) {
  double longest = 0;
  const std::int64_t slices = slices_for(request, members);
  for (int t = 0; t < kTrees; ++t) {
    TreeChain chain(static_cast<std::size_t>(members), t, weights);
    for (std::int64_t k = 0; k < slices; ++k) {
      const Bytes bytes = slice_of_tree(request, t, k, slices).size;
      longest = std::max(longest, chain.advance(static_cast<double>(bytes.count)));
    }
  }
  return longest;
}

// Of the busiest member: payload through a port, in and out alike (every edge of a tree carries its
// half up and down once), and what it combines.
struct Busiest {
  Bytes port, combined;
};

Busiest busiest(const CollectiveRequest& request, std::int64_t members) {
  std::vector<Busiest> of(static_cast<std::size_t>(members));
  for (int t = 0; t < kTrees; ++t) {
    const BinaryTree tree = double_tree(of.size(), t);
    const Bytes half = slice_of_tree(request, t, 0, 1).size;
    for (std::size_t r = 0; r < of.size(); ++r) {
      const auto edges = static_cast<std::int64_t>(tree.nodes[r].children.size());
      of[r].port += half * (edges + (r == tree.root ? 0 : 1));
      of[r].combined += half * edges;
    }
  }
  Busiest most;
  for (const Busiest& one : of)
    most = {std::max(most.port, one.port), std::max(most.combined, one.combined)};
  return most;
}

}  // namespace

Plan build_all_reduce_double_binary_tree(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "double_binary_tree");
  builder.reserve_ops(plan_size_all_reduce_double_binary_tree(request));
  for (const std::vector<Rank>& ranks : groups_of(request)) {
    CollectiveGroup group(builder, request, ranks);
    if (group.size() == 1) {
      group.add_lanes();
      group.copy_own(0);
      continue;
    }
    build_group(builder, request, group);
  }
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_double_binary_tree(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    const std::int64_t messages = 2 * kTrees * (members - 1) * slices_for(request, members);
    const Bytes most = busiest(request, members).port;
    return {static_cast<std::int64_t>(longest_chain(request, members, {1, 0, 0, 1, 0})), messages,
            most, most,
            static_cast<std::int64_t>(longest_chain(request, members, {0, 1, 0, 0, 0}))};
  });
}

double closed_form_all_reduce_double_binary_tree(const CollectiveRequest& request,
                                                 const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1) return 0.0;
    const Weights weights{costs.alpha, 0, costs.beta + costs.gamma, costs.alpha, costs.beta};
    const Busiest most = busiest(request, members);
    return std::max({longest_chain(request, members, weights),
                     static_cast<double>(most.port.count) * costs.beta,
                     static_cast<double>(most.combined.count) * costs.gamma});
  });
}

OpCounts plan_size_all_reduce_double_binary_tree(const CollectiveRequest& request) {
  return sum_of_groups(request, [&](std::size_t members) -> OpCounts {
    if (members == 1) return {1, 2, 0};
    const auto slices =
        static_cast<std::size_t>(slices_for(request, static_cast<std::int64_t>(members)));
    const std::size_t edges = kTrees * (members - 1) * slices, inner = kTrees * members * slices;
    return {edges + inner, 3 * edges + 2 * inner, 2 * edges};
  });
}

}  // namespace twinlink::models
