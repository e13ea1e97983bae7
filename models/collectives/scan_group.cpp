#include "models/collectives/scan_group.h"

#include <bit>

namespace twinlink::models {
namespace {

// Dependencies of an op at position p on the states that other lanes made; at most two.
class Waits {
 public:
  Waits(std::size_t p, std::initializer_list<State> states) {
    for (const State& state : states)
      if (state.made.valid() && state.maker != p) deps_[count_++] = dep(state.made);
  }
  [[nodiscard]] std::span<const Dep> deps() const { return std::span(deps_, count_); }

 private:
  Dep deps_[2] = {};
  std::size_t count_ = 0;
};

}  // namespace

ScanGroup::ScanGroup(PlanBuilder& builder, const CollectiveRequest& request,
                     const std::vector<Rank>& group)
    : builder_(builder), request_(request), ready_(group.size()) {
  GroupFrame frame = add_group_frame(builder, request, group);
  add_lanes(builder, request, frame);
  at_ = std::move(frame.members);
  if (request.suffix) std::reverse(at_.begin(), at_.end());
}

State ScanGroup::input(std::size_t p) const { return {at_[p].input, ready_[p], p}; }

BufferId ScanGroup::scratch(std::size_t p, std::string name) {
  return add_scratch(builder_, request_, at_[p].rank, std::move(name));
}

void ScanGroup::local_work(std::size_t p) {
  if (!has_local_work(request_)) return;
  ready_[p] = builder_.compute(at_[p].lane, request_.local_work, {}, {}, {});
}

void ScanGroup::local_work_everywhere() {
  for (std::size_t p = 0; p < size(); ++p) local_work(p);
}

Slice ScanGroup::whole(const State& state, std::size_t decay_power) const {
  return {state.buffer, static_cast<std::int32_t>(decay_power), {}, request_.bytes};
}

State ScanGroup::identity(std::size_t p, BufferId to) {
  const Slice destination = whole({to, {}, p});
  return {to, builder_.reduce(at_[p].lane, Operator::decay_sum, {}, std::span(&destination, 1), {}),
          p};
}

State ScanGroup::copy(std::size_t p, const State& from, BufferId to) {
  const Waits waits(p, {from});
  return {to, builder_.copy(at_[p].lane, whole(from), whole({to, {}, p}), waits.deps()), p};
}

State ScanGroup::fold(std::size_t p, const State& earlier, const State& later,
                      std::size_t later_members, BufferId to) {
  const Waits waits(p, {earlier, later});
  const Slice sources[] = {whole(earlier, later_members), whole(later)};
  const Slice destination = whole({to, {}, p});
  return {to,
          builder_.reduce(at_[p].lane, Operator::decay_sum, sources, std::span(&destination, 1),
                          waits.deps()),
          p};
}

bool has_local_work(const CollectiveRequest& request) {
  return request.local_work.flops > 0 || request.local_work.hbm_bytes.count > 0;
}

int levels_of(std::int64_t members) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(members - 1)));
}

OpCounts with_local_work(const CollectiveRequest& request, std::size_t members, OpCounts counts) {
  if (has_local_work(request)) counts.ops += members;
  return counts;
}

}  // namespace twinlink::models
