#include "models/collectives/push_exchange.h"

#include "models/collectives/all_to_all_blocks.h"
#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

class PushExchange {
 public:
  PushExchange(PlanBuilder& builder, const CollectiveRequest& request,
               const std::vector<Rank>& ranks)
      : builder_(builder),
        operation_(request.operation),
        group_(builder, request, ranks),
        pushed_(ranks.size()) {
    const auto members = static_cast<std::int64_t>(ranks.size());
    edge_ = push_edge(largest_share(request, members));
    group_.add_lanes();
    for (std::size_t r = 0; r < group_.size(); ++r) {
      const Bytes room = gathers() ? request.bytes : group_.share_size(r) * members;
      arrived_.push_back(
          builder_.add_buffer({ranks[r], BufferRole::scratch, request.element, room, "arrived"}));
    }
  }

  void build() {
    for (std::size_t r = 0; r < group_.size(); ++r) push(r);
    for (std::size_t r = 0; r < group_.size(); ++r) take_in(r);
  }

 private:
  [[nodiscard]] bool gathers() const { return operation_ == Operation::all_gather; }
  // Whether `from` has anything for `to`: a gather deals with shares of the sender.
  [[nodiscard]] bool is_empty(std::size_t from, std::size_t to) const {
    return group_.share_is_empty(gathers() ? from : to);
  }
  // What `to` needs of the input of `from`.
  [[nodiscard]] Slice needed(std::size_t from, std::size_t to) const {
    const BufferId input = group_.member(from).input;
    return gathers() ? group_.whole(input) : group_.part(input, to);
  }
  // Where it stands in a buffer with room for the parts of all senders.
  [[nodiscard]] Slice place(BufferId buffer, std::size_t from, std::size_t to) const {
    if (gathers()) return group_.part(buffer, from);
    const Bytes size = group_.share_size(to);
    return {buffer, 0, size * static_cast<std::int64_t>(from), size};
  }

  void push(std::size_t r) {
    sources_.clear();
    destinations_.clear();
    for (std::size_t k = 1; k < group_.size(); ++k) {
      const std::size_t to = group_.ahead(r, k);
      if (is_empty(r, to)) continue;
      if (!gathers() || sources_.empty()) sources_.push_back(needed(r, to));
      destinations_.push_back(place(arrived_[to], r, to));
    }
    if (!sources_.empty())
      pushed_[r] = builder_.copy(group_.member(r).lane, sources_, destinations_, {});
  }

  void take_in(std::size_t r) {
    sources_.clear();
    destinations_.clear();
    deps_.clear();
    for (std::size_t from = 0; from < group_.size(); ++from) {
      if (is_empty(from, r)) continue;
      sources_.push_back(from == r ? needed(r, r) : place(arrived_[r], from, r));
      destinations_.push_back(place(group_.member(r).output, from, r));
      if (from != r) deps_.push_back(dep(pushed_[from], edge_));
    }
    if (sources_.empty()) return;
    const LaneId lane = group_.member(r).lane;
    if (operation_ != Operation::reduce_scatter) {
      builder_.copy(lane, sources_, destinations_, deps_);
      return;
    }
    const Slice sum = group_.whole(group_.member(r).output);
    builder_.reduce(lane, Operator::sum, sources_, std::span(&sum, 1), deps_);
  }

  PlanBuilder& builder_;
  Operation operation_;
  CollectiveGroup group_;
  Edge edge_ = Edge::flag_fenced;
  std::vector<BufferId> arrived_;
  std::vector<OpId> pushed_;                   // by member; invalid: nothing to send
  std::vector<Slice> sources_, destinations_;  // of the op being made
  std::vector<Dep> deps_;
};

Plan build(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "push");
  builder.reserve_ops(plan_size_push(request));
  for (const std::vector<Rank>& ranks : groups_of(request))
    PushExchange(builder, request, ranks).build();
  return builder.finish();
}

// `gathers`: a member sends its own share to all, else every share to its owner.
AlgorithmCounts counts(const CollectiveRequest& request, bool gathers, bool folds) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    const std::int64_t shares = filled_shares(request, members);
    if (members == 1 || shares == 0) return {};
    const Bytes own = largest_share(request, members) * (members - 1);
    const Bytes others = request.bytes - smallest_share(request, members);
    return {1, shares * (members - 1), gathers ? others : own, gathers ? own : others,
            folds ? members - 1 : 0};
  });
}

// All but the smallest share leave its owner; the owner of a largest share combines P-1 of them.
double closed_form_of_shares(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const Bytes sent = request.bytes - smallest_share(request, members);
    const Bytes combined = largest_share(request, members) * (members - 1);
    return costs.alpha + static_cast<double>(sent.count) * costs.beta +
           static_cast<double>(combined.count) * costs.gamma;
  });
}

}  // namespace

Edge push_edge(Bytes bytes) {
  if (bytes <= kib(64)) return Edge::inline_ll;
  return bytes <= mib(4) ? Edge::inline_ll128 : Edge::flag_fenced;
}

Plan build_reduce_scatter_push(const CollectiveRequest& request) { return build(request); }
Plan build_all_gather_push(const CollectiveRequest& request) { return build(request); }
Plan build_all_to_all_push(const CollectiveRequest& request) { return build(request); }

AlgorithmCounts counts_reduce_scatter_push(const CollectiveRequest& request) {
  return counts(request, false, true);
}
AlgorithmCounts counts_all_gather_push(const CollectiveRequest& request) {
  return counts(request, true, false);
}
AlgorithmCounts counts_all_to_all_push(const CollectiveRequest& request) {
  return counts(request, false, false);
}

double closed_form_reduce_scatter_push(const CollectiveRequest& request,
                                       const AlphaBetaGamma& costs) {
  return closed_form_of_shares(request, costs);
}
double closed_form_all_gather_push(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    if (members == 1 || request.bytes.count == 0) return 0.0;
    const Bytes sent = largest_share(request, members) * (members - 1);
    return costs.alpha + static_cast<double>(sent.count) * costs.beta;
  });
}
double closed_form_all_to_all_push(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return all_to_all_time(request, counts_all_to_all_push(request), costs);
}

std::string refuses_all_to_all_push(const CollectiveRequest& request) {
  if (request.counts.empty()) return {};
  return "push deals equal shares, and this all_to_all has counts. The nearest that works is "
         "\"direct\"";
}

OpCounts plan_size_push(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    return {2 * members, members * (4 * members - 2), members * (members - 1)};
  });
}

}  // namespace twinlink::models
