#include "models/cost/read_again.h"

#include <algorithm>

namespace twinlink::models {
namespace {

bool same(const Slice& a, const Slice& b) {
  return a.buffer == b.buffer && a.offset == b.offset && a.size == b.size;
}

// What a lane has read since it last waited.
struct Seen {
  Slice slice;
  Split split;
  double moved;  // loads of one CTA of the lane, up to the op before
};

class Lines {
 public:
  Lines(const Plan& plan, double l1)
      : plan_(plan), l1_(l1), found_(plan.slices.size()), lanes_(plan.lanes.size()) {}

  std::vector<bool> take() {
    for (std::size_t i = 0; i < plan_.ops.size(); ++i) visit(OpId{i});
    return std::move(found_);
  }

 private:
  struct LaneState {
    std::vector<Seen> seen;
    double moved = 0;
  };

  void visit(OpId id) {
    const Op& op = plan_.op(id);
    const Lane& lane = plan_.lane(op.lane);
    if (lane.engine != Engine::sm) return;
    LaneState& state = lanes_[op.lane.index()];
    if (op.kind == OpKind::barrier || !plan_.deps_of(id).empty()) state = {};
    const double before = state.moved;
    state.moved += bytes_of(id) / std::max(1, lane.ctas);
    for (std::size_t s = 0; s < plan_.sources(id).size(); ++s) look(id, s, before);
    for (const Slice& to : plan_.destinations(id)) forget(state, to);
  }

  // Loads alone: stores pass through.
  [[nodiscard]] double bytes_of(OpId id) const {
    double bytes = 0;
    for (const Slice& s : plan_.sources(id)) bytes += static_cast<double>(s.size.count);
    return bytes;
  }

  void look(OpId id, std::size_t s, double before) {
    const Op& op = plan_.op(id);
    const Slice& slice = plan_.sources(id)[s];
    LaneState& state = lanes_[op.lane.index()];
    if (plan_.gpu_of(plan_.buffer(slice.buffer).rank) == plan_.gpu_of(plan_.rank_of(id))) return;
    const auto known = std::find_if(state.seen.begin(), state.seen.end(), [&](const Seen& one) {
      return same(one.slice, slice) && one.split == op.split;
    });
    if (known == state.seen.end()) return state.seen.push_back({slice, op.split, before});
    found_[op.first_slice + s] = state.moved - known->moved <= l1_;
    known->moved = before;
  }

  // What is written is read anew.
  static void forget(LaneState& state, const Slice& to) {
    std::erase_if(state.seen, [&](const Seen& one) { return one.slice.buffer == to.buffer; });
  }

  const Plan& plan_;
  double l1_;
  std::vector<bool> found_;
  std::vector<LaneState> lanes_;
};

}  // namespace

std::vector<bool> read_again(const CalibrationProfile& profile, const Plan& plan) {
  if (profile.l1.value <= 0) return {};
  return Lines(plan, profile.l1.value * static_cast<double>(gib(1).count)).take();
}

}  // namespace twinlink::models
