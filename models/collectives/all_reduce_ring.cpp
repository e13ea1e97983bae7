#include "models/collectives/all_reduce_ring.h"

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

struct Rings {
  std::size_t rings, chunks;
};

Rings rings_of(const CollectiveRequest& request) {
  return {static_cast<std::size_t>(request.channels) * (request.bidirectional ? 2 : 1),
          static_cast<std::size_t>(std::max(1, request.slices))};
}

bool is_reversed(const CollectiveRequest& request, std::size_t ring) {
  return ring >= static_cast<std::size_t>(request.channels);
}

// Elements of piece `chunk` of what ring `ring` has of share `i`.
Share piece(const CollectiveRequest& request, std::size_t members, std::size_t i,
            std::size_t index) {
  const auto [rings, chunks] = rings_of(request);
  const Share all =
      share(static_cast<std::int64_t>(i), static_cast<std::int64_t>(members), elements_of(request));
  const Share part =
      share(static_cast<std::int64_t>(index), static_cast<std::int64_t>(rings * chunks), all.count);
  return {all.begin + part.begin, part.count};
}

// Appends the steps of one ring of one group. Its ops are numbered step by step, member by member,
// chunk by chunk, so the left neighbour's op of the step before is known without a table.
class RingSteps {
 public:
  RingSteps(PlanBuilder& builder, const CollectiveRequest& request, std::vector<Member> members)
      : builder_(builder), request_(request), members_(std::move(members)) {}

  void build(std::size_t ring) {
    count_ = rings_of(request_).chunks;
    pieces_.clear();
    for (std::size_t i = 0; i < size(); ++i)
      for (std::size_t k = 0; k < count_; ++k)
        pieces_.push_back(
            slice_of({}, piece(request_, size(), i, ring * count_ + k), size_of(request_.element)));
    for (std::size_t step = 0; step + 1 < size(); ++step)
      for (std::size_t r = 0; r < size(); ++r)
        for (std::size_t k = 0; k < count_; ++k) reduce(step, r, k);
    for (std::size_t step = 0; step + 1 < size(); ++step)
      for (std::size_t r = 0; r < size(); ++r)
        for (std::size_t k = 0; k < count_; ++k) gather(step, r, k);
  }

 private:
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] std::size_t left_of(std::size_t r) const { return back(r, 1); }
  // (r - steps) mod P for steps <= P: a division here would cost more than the rest of an op.
  [[nodiscard]] std::size_t back(std::size_t r, std::size_t steps) const {
    return r >= steps ? r - steps : r + size() - steps;
  }
  [[nodiscard]] Slice part(BufferId buffer, std::size_t share_index, std::size_t chunk) const {
    const Slice& at = pieces_[share_index * count_ + chunk];
    return {buffer, 0, at.offset, at.size};
  }
  [[nodiscard]] Dep on_left_one_step_ago(std::size_t r) const {
    return dep(OpId{builder_.next_op().index() - (r + size() - left_of(r)) * count_});
  }

  void reduce(std::size_t step, std::size_t r, std::size_t chunk) {
    const std::size_t i = back(r, step + 1);
    const Member& left = members_[left_of(r)];
    const Member& own = members_[r];
    const Slice sources[] = {part(step == 0 ? left.input : left.output, i, chunk),
                             part(own.input, i, chunk)};
    const Slice destination = part(own.output, i, chunk);
    Dep before{};
    if (step > 0) before = on_left_one_step_ago(r);
    builder_.reduce(own.lane, Operator::sum, sources, std::span(&destination, 1),
                    std::span(&before, step > 0 ? 1 : 0));
  }

  void gather(std::size_t step, std::size_t r, std::size_t chunk) {
    const std::size_t i = back(r, step);
    const Dep before = on_left_one_step_ago(r);
    builder_.copy(members_[r].lane, part(members_[left_of(r)].output, i, chunk),
                  part(members_[r].output, i, chunk), std::span(&before, 1));
  }

  PlanBuilder& builder_;
  const CollectiveRequest& request_;
  std::vector<Member> members_;  // around this ring
  std::size_t count_ = 1;        // chunks of a step
  std::vector<Slice> pieces_;    // offset and size of each chunk of each share
};

void copy_own_input(PlanBuilder& builder, const CollectiveRequest& request, const Member& member) {
  const LaneId lane = builder.add_sm_lane(member.kernel, request.shape);
  builder.copy(lane, {member.input, 0, {}, request.bytes}, {member.output, 0, {}, request.bytes},
               {});
}

void build_ring(PlanBuilder& builder, const CollectiveRequest& request, const GroupFrame& frame,
                std::size_t ring) {
  std::vector<Member> members = frame.members;
  if (is_reversed(request, ring)) std::reverse(members.begin(), members.end());
  for (Member& member : members)
    member.lane =
        builder.add_sm_lane(member.kernel, lane_of(request.shape, rings_of(request).rings));
  RingSteps(builder, request, std::move(members)).build(ring);
}

// What member r receives and sends in one ring, in elements. Of n elements around a ring it
// receives every share twice but for shares r and r+1, and sends all twice but r+1 and r+2.
struct Elements {
  std::int64_t in = 0, out = 0;
};

// Most of any member over all rings.
Elements most_of_any(const CollectiveRequest& request, std::size_t members) {
  const auto [rings, chunks] = rings_of(request);
  std::vector<Elements> sums(members);
  for (std::size_t ring = 0; ring < rings; ++ring) {
    std::vector<std::int64_t> share_of(members);
    std::int64_t all = 0;
    for (std::size_t i = 0; i < members; ++i)
      for (std::size_t k = 0; k < chunks; ++k) {
        const std::int64_t count = piece(request, members, i, ring * chunks + k).count;
        share_of[i] += count;
        all += count;
      }
    for (std::size_t r = 0; r < members; ++r) {
      Elements& sum = sums[is_reversed(request, ring) ? members - 1 - r : r];
      const std::int64_t next = share_of[(r + 1) % members];
      sum.in += 2 * all - share_of[r] - next;
      sum.out += 2 * all - next - share_of[(r + 2) % members];
    }
  }
  Elements most;
  for (const Elements& sum : sums) {
    most.in = std::max(most.in, sum.in);
    most.out = std::max(most.out, sum.out);
  }
  return most;
}

}  // namespace

Plan build_all_reduce_ring(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "ring");
  builder.reserve_ops(plan_size_all_reduce_ring(request));
  for (const std::vector<Rank>& group : groups_of(request)) {
    const GroupFrame frame = add_group_frame(builder, request, group);
    if (frame.size() == 1) {
      copy_own_input(builder, request, frame.members.front());
      continue;
    }
    for (std::size_t ring = 0; ring < rings_of(request).rings; ++ring)
      build_ring(builder, request, frame, ring);
  }
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_ring(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    const auto [rings, chunks] = rings_of(request);
    const auto steps = 2 * (members - 1) * static_cast<std::int64_t>(chunks);
    const Elements most = most_of_any(request, static_cast<std::size_t>(members));
    const int size = size_of(request.element);
    return {steps,
            steps * members * static_cast<std::int64_t>(rings),
            {most.in * size},
            {most.out * size},
            steps / 2};
  });
}

double closed_form_all_reduce_ring(const CollectiveRequest& request, const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    const auto bytes = static_cast<double>(largest_share(request, members).count);
    const auto steps = static_cast<double>(members - 1);
    const auto chunks = static_cast<double>(rings_of(request).chunks);
    return 2 * steps * (chunks * costs.alpha + bytes * costs.beta) + steps * bytes * costs.gamma;
  });
}

OpCounts plan_size_all_reduce_ring(const CollectiveRequest& request) {
  const auto [rings, chunks] = rings_of(request);
  const std::size_t times = rings * chunks;
  return sum_of_groups(request, [times](std::size_t members) -> OpCounts {
    if (members == 1) return {1, 2, 0};
    const std::size_t half = times * members * (members - 1);  // ops of one of the two phases
    return {2 * half, (3 + 2) * half, 2 * half - times * members};
  });
}

}  // namespace twinlink::models
