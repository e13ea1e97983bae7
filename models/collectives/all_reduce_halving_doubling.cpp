#include "models/collectives/all_reduce_halving_doubling.h"

#include <bit>

#include "models/collectives/collective_group.h"

namespace twinlink::models {
namespace {

// Who takes part in the steps, and where ranges of shares lie.
struct Shape {
  std::size_t active, extra;  // Q and P - Q
  std::int64_t elements;
  int element_size;

  Shape(const CollectiveRequest& request, std::size_t members)
      : active(std::bit_floor(members)),
        extra(members - active),
        elements(elements_of(request)),
        element_size(size_of(request.element)) {}

  // Member of the group that counts as v.
  [[nodiscard]] std::size_t member(std::size_t v) const { return v < extra ? 2 * v : v + extra; }
  [[nodiscard]] Bytes begin(std::size_t share_index) const {
    if (share_index == active) return {elements * element_size};
    return {
        share(static_cast<std::int64_t>(share_index), static_cast<std::int64_t>(active), elements)
            .begin *
        element_size};
  }
  // The `width` shares, aligned, in which share v lies.
  [[nodiscard]] Slice range(std::size_t v, std::size_t width) const {
    const std::size_t first = v & ~(width - 1);
    return {{}, 0, begin(first), begin(first + width) - begin(first)};
  }
  [[nodiscard]] double bytes(std::size_t v, std::size_t width) const {
    return static_cast<double>(range(v, width).size.count);
  }
};

class HalvingDoubling {
 public:
  HalvingDoubling(PlanBuilder& builder, const CollectiveRequest& request,
                  const std::vector<Rank>& ranks)
      : builder_(builder),
        group_(builder, request, ranks),
        shape_(request, ranks.size()),
        last_(shape_.active),
        before_(shape_.active) {
    group_.add_lanes();
  }

  void build() {
    if (group_.size() == 1) group_.copy_own(0);
    for (std::size_t v = 0; v < shape_.extra; ++v) take_in(v);
    for (std::size_t d = shape_.active / 2; d > 0; d /= 2) {
      before_ = last_;
      for (std::size_t v = 0; v < shape_.active; ++v) halve(v, d);
    }
    for (std::size_t d = 1; d < shape_.active; d *= 2) {
      before_ = last_;
      for (std::size_t v = 0; v < shape_.active; ++v) pull(v, d);
    }
    for (std::size_t v = 0; v < shape_.extra; ++v) hand_out(v);
  }

 private:
  [[nodiscard]] const Member& member(std::size_t v) const {
    return group_.member(shape_.member(v));
  }
  [[nodiscard]] static Slice of(BufferId buffer, Slice range) {
    range.buffer = buffer;
    return range;
  }

  void take_in(std::size_t v) {
    const Slice sources[] = {group_.whole(member(v).input),
                             group_.whole(group_.member(2 * v + 1).input)};
    const Slice sum = group_.whole(member(v).output);
    last_[v] = builder_.reduce(member(v).lane, Operator::sum, sources, std::span(&sum, 1), {});
  }

  // What v holds before the step: its input, until an op of its own has written the output.
  [[nodiscard]] BufferId held(std::size_t v) const {
    return before_[v].valid() ? member(v).output : member(v).input;
  }

  void halve(std::size_t v, std::size_t d) {
    const std::size_t partner = v ^ d;
    const Slice kept = shape_.range(v, d);
    const Slice sources[] = {of(held(std::min(v, partner)), kept),
                             of(held(std::max(v, partner)), kept)};
    const Slice sum = of(member(v).output, kept);
    const bool waits = before_[partner].valid();
    const Dep before = dep(waits ? before_[partner] : OpId{0});
    last_[v] = builder_.reduce(member(v).lane, Operator::sum, sources, std::span(&sum, 1),
                               std::span(&before, waits ? 1 : 0));
  }

  void pull(std::size_t v, std::size_t d) {
    const std::size_t partner = v ^ d;
    const Slice theirs = shape_.range(partner, d);
    const Dep before = dep(before_[partner]);
    last_[v] = builder_.copy(member(v).lane, of(member(partner).output, theirs),
                             of(member(v).output, theirs), std::span(&before, 1));
  }

  void hand_out(std::size_t v) {
    const Member& to = group_.member(2 * v + 1);
    const Dep before = dep(last_[v]);
    builder_.copy(to.lane, group_.whole(member(v).output), group_.whole(to.output),
                  std::span(&before, 1));
  }

  PlanBuilder& builder_;
  CollectiveGroup group_;
  Shape shape_;
  std::vector<OpId> last_, before_;  // by v: its latest op, and that of the step before
};

// Payload into and out of the member that counts as v.
struct Ports {
  Bytes in, out;
};

Ports ports(const Shape& shape, std::size_t v) {
  Ports p;
  for (std::size_t d = 1; d < shape.active; d *= 2) {
    const Bytes own = shape.range(v, d).size, theirs = shape.range(v ^ d, d).size;
    p.in += own + theirs;  // halving, doubling
    p.out += theirs + own;
  }
  const Bytes all{shape.elements * shape.element_size};
  if (v < shape.extra) p.in += all, p.out += all;
  return p;
}

// Doubling that ends at v: above the step's own bit the chain is free to come from the first
// shares; the bit itself is v's, so it pulled the first d shares if v has it, else the next d.
double doubling_chain(const Shape& shape, std::size_t v, const AlphaBetaGamma& costs) {
  double time = 0;
  for (std::size_t d = 1; d < shape.active; d *= 2)
    time += costs.alpha + shape.bytes((v & d) != 0 ? 0 : d, d) * costs.beta;
  return time;
}

double longest(const Shape& shape, const AlphaBetaGamma& costs) {
  const double all = static_cast<double>(shape.elements * shape.element_size);
  double time = shape.extra > 0 ? costs.alpha + all * (costs.beta + costs.gamma) : 0;
  for (std::size_t d = 1; d < shape.active; d *= 2)
    time += costs.alpha + shape.bytes(0, d) * (costs.beta + costs.gamma);
  double rest = doubling_chain(shape, shape.active - 1, costs);
  for (std::size_t v = 0; v < shape.extra; ++v)
    rest = std::max(rest, doubling_chain(shape, v, costs) + costs.alpha + all * costs.beta);
  return time + rest;
}

}  // namespace

Plan build_all_reduce_halving_doubling(const CollectiveRequest& request) {
  PlanBuilder builder = start_plan(request, "halving_doubling");
  builder.reserve_ops(plan_size_all_reduce_halving_doubling(request));
  for (const std::vector<Rank>& ranks : groups_of(request))
    HalvingDoubling(builder, request, ranks).build();
  return builder.finish();
}

AlgorithmCounts counts_all_reduce_halving_doubling(const CollectiveRequest& request) {
  return over_groups(request, [&](std::int64_t members) -> AlgorithmCounts {
    if (members == 1) return {};
    const Shape shape(request, static_cast<std::size_t>(members));
    const std::int64_t steps = std::bit_width(shape.active) - 1, outer = shape.extra > 0 ? 1 : 0;
    AlgorithmCounts counts{2 * (steps + outer), 0, {}, {}, steps + outer};
    counts.messages = 2 * steps * static_cast<std::int64_t>(shape.active) +
                      2 * static_cast<std::int64_t>(shape.extra);
    for (std::size_t v = 0; v < shape.active; ++v) {
      const Ports p = ports(shape, v);
      counts.bytes_in = std::max(counts.bytes_in, p.in);
      counts.bytes_out = std::max(counts.bytes_out, p.out);
    }
    return counts;
  });
}

double closed_form_all_reduce_halving_doubling(const CollectiveRequest& request,
                                               const AlphaBetaGamma& costs) {
  return slowest_group(request, [&](std::int64_t members) {
    return longest(Shape(request, static_cast<std::size_t>(members)), costs);
  });
}

OpCounts plan_size_all_reduce_halving_doubling(const CollectiveRequest& request) {
  return sum_of_groups(request, [](std::size_t members) -> OpCounts {
    const std::size_t active = std::bit_floor(members);
    const std::size_t steps = static_cast<std::size_t>(std::bit_width(active)) - 1;
    const std::size_t extra = members - active;
    const std::size_t ops = 2 * steps * active + 2 * extra + (members == 1 ? 1 : 0);
    return {ops, 3 * ops, ops};
  });
}

}  // namespace twinlink::models
