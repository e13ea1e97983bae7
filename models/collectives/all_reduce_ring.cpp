#include "models/collectives/all_reduce_ring.h"

#include "models/collectives/group_frame.h"

namespace twinlink::models {
namespace {

// Appends the steps of one group. Its ops are numbered step by step, member by member, so the left
// neighbour's op of the step before is known without a table.
class RingSteps {
 public:
  RingSteps(PlanBuilder& builder, const CollectiveRequest& request, const GroupFrame& frame)
      : builder_(builder), members_(frame.members) {
    const auto parts = static_cast<std::int64_t>(frame.size());
    for (std::int64_t i = 0; i < parts; ++i)
      chunks_.push_back(
          slice_of({}, share(i, parts, elements_of(request)), size_of(request.element)));
  }

  void reduce_scatter() {
    for (std::size_t step = 0; step + 1 < size(); ++step)
      for (std::size_t r = 0; r < size(); ++r) reduce(step, r);
  }

  void all_gather() {
    for (std::size_t step = 0; step + 1 < size(); ++step)
      for (std::size_t r = 0; r < size(); ++r) gather(step, r);
  }

 private:
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] std::size_t left_of(std::size_t r) const { return back(r, 1); }
  // (r - steps) mod P for steps <= P: a division here would cost more than the rest of an op.
  [[nodiscard]] std::size_t back(std::size_t r, std::size_t steps) const {
    return r >= steps ? r - steps : r + size() - steps;
  }
  [[nodiscard]] Slice part(BufferId buffer, std::size_t chunk) const {
    return {buffer, 0, chunks_[chunk].offset, chunks_[chunk].size};
  }
  [[nodiscard]] Dep on_left_one_step_ago(std::size_t r) const {
    return dep(OpId{builder_.next_op().index() - r - size() + left_of(r)});
  }

  void reduce(std::size_t step, std::size_t r) {
    const std::size_t chunk = back(r, step + 1);
    const Member& left = members_[left_of(r)];
    const Member& own = members_[r];
    const Slice sources[] = {part(step == 0 ? left.input : left.output, chunk),
                             part(own.input, chunk)};
    const Slice destination = part(own.output, chunk);
    Dep before{};
    if (step > 0) before = on_left_one_step_ago(r);
    builder_.reduce(own.lane, Operator::sum, sources, std::span(&destination, 1),
                    std::span(&before, step > 0 ? 1 : 0));
  }

  void gather(std::size_t step, std::size_t r) {
    const std::size_t chunk = back(r, step);
    const Dep before = on_left_one_step_ago(r);
    builder_.copy(members_[r].lane, part(members_[left_of(r)].output, chunk),
                  part(members_[r].output, chunk), std::span(&before, 1));
  }

  PlanBuilder& builder_;
  const std::vector<Member>& members_;
  std::vector<Slice> chunks_;  // offset and size of each share
};

void copy_own_input(PlanBuilder& builder, const CollectiveRequest& request, const Member& member) {
  builder.copy(member.lane, {member.input, 0, {}, request.bytes},
               {member.output, 0, {}, request.bytes}, {});
}

// The largest share; the last one is the smallest.
Bytes largest_share(const CollectiveRequest& request, std::int64_t members) {
  return {share(0, members, elements_of(request)).count * size_of(request.element)};
}

}  // namespace

Plan build_all_reduce_ring(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "ring");
  builder.reserve_ops(plan_size_all_reduce_ring(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    GroupFrame frame = add_group_frame(builder, request, group);
    add_lanes(builder, request, frame);
    if (frame.size() == 1) copy_own_input(builder, request, frame.members.front());
    RingSteps steps(builder, request, frame);
    steps.reduce_scatter();
    steps.all_gather();
  }
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_ring(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    // Member r receives every share twice, but for shares r and r+1: least is saved by two
    // neighbours that are smallest, the last two.
    const std::int64_t n = elements_of(request);
    const std::int64_t saved =
        share(members - 1, members, n).count + share(members - 2, members, n).count;
    const Bytes most{(2 * n - saved) * size_of(request.element)};
    return {2 * (members - 1), 2 * members * (members - 1), most, most, members - 1};
  });
}

double closed_form_all_reduce_ring(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    const auto bytes = static_cast<double>(largest_share(request, members).count);
    const auto steps = static_cast<double>(members - 1);
    return 2 * steps * (costs.alpha + bytes * costs.beta) + steps * bytes * costs.gamma;
  });
}

OpCounts plan_size_all_reduce_ring(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    if (members == 1) return {1, 2, 0};
    const std::size_t half = members * (members - 1);  // ops of one of the two phases
    return {2 * half, (3 + 2) * half, 2 * half - members};
  });
}

}  // namespace twinlink::models
