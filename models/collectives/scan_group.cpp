#include "models/collectives/scan_group.h"

#include <bit>

namespace twinlink::models {

ScanGroup::ScanGroup(PlanBuilder& builder, const CollectiveRequest& request,
                     const std::vector<Rank>& group, std::int64_t slices)
    : builder_(builder), request_(request), ready_(group.size()) {
  length_before_.reserve(group.size() + 1);
  GroupFrame frame = add_group_frame(builder, request, group);
  add_lanes(builder, request, frame);
  at_ = std::move(frame.members);
  if (request.suffix) std::reverse(at_.begin(), at_.end());
  length_before_.push_back(0);
  for (const Member& member : at_)
    length_before_.push_back(length_before_.back() +
                             static_cast<std::size_t>(length_of(request, member.rank)));
  const int element = size_of(request.element);
  for (std::int64_t i = 0; i < slices; ++i)
    slices_.push_back(
        slice_of({}, aligned_share(i, slices, elements_of(request), element), element));
}

State ScanGroup::input(std::size_t p) const { return {at_[p].input, ready_[p], p, true, p + 1}; }

BufferId ScanGroup::scratch(std::size_t p, std::string_view name) {
  return add_scratch(builder_, request_, at_[p].rank, std::string(name));
}

BufferId ScanGroup::scratch(std::size_t p, std::string_view name, std::size_t number) {
  return add_scratch(builder_, request_, at_[p].rank,
                     std::string(name) + ' ' + std::to_string(number));
}

void ScanGroup::local_work(std::size_t p) {
  if (!has_local_work(request_)) return;
  ready_[p] = builder_.compute(at_[p].lane, request_.local_work, {}, {}, {});
}

void ScanGroup::local_work_everywhere() {
  if (!has_local_work(request_)) return;
  for (std::size_t p = 0; p < size(); ++p) local_work(p);
}

void ScanGroup::wait_for(std::size_t p, const State& state, std::size_t i) {
  if (!state.made.valid() || state.maker == p) return;
  deps_.push_back(dep(state.at_once ? state.made : OpId{state.made.index() + i}));
}

State ScanGroup::identity(std::size_t p, BufferId to) { return fold(p, {}, to); }

State ScanGroup::copy(std::size_t p, const State& from, BufferId to) {
  const OpId first = builder_.next_op();
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    deps_.clear();
    wait_for(p, from, i);
    builder_.copy(at_[p].lane, slice(from.buffer, i), slice(to, i), deps_);
  }
  return {to, first, p, false, from.end};
}

State ScanGroup::fold(std::size_t p, const State& earlier, const State& later,
                      std::size_t later_members, BufferId to) {
  const Part parts[] = {{earlier, later_members}, {later, 0}};
  return fold(p, parts, to);
}

State ScanGroup::fold(std::size_t p, std::span<const Part> parts, BufferId to) {
  const OpId first = builder_.next_op();
  const std::size_t end = parts.empty() ? 0 : parts.back().state.end;
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    sources_.clear();
    deps_.clear();
    for (const Part& part : parts) {
      sources_.push_back(
          slice(part.state.buffer, i, length_before_[end] - length_before_[end - part.later]));
      wait_for(p, part.state, i);
    }
    const Slice destination = slice(to, i);
    builder_.reduce(at_[p].lane, Operator::decay_sum, sources_, std::span(&destination, 1), deps_);
  }
  return {to, first, p, false, end};
}

std::int64_t usable_slices(const CollectiveRequest& request, std::int64_t wanted) {
  return std::max<std::int64_t>(1, std::min(wanted, elements_of(request)));
}

bool has_local_work(const CollectiveRequest& request) {
  return request.local_work.flops > 0 || request.local_work.hbm_bytes.count > 0;
}

int levels_of(std::int64_t members) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(members - 1)));
}

}  // namespace twinlink::models
