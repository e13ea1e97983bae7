#include "realgpu/fused_scope.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace twinlink::realgpu {
namespace {

using models::Edge;
using models::Op;
using models::OpKind;
using models::Plan;
using models::Slice;

// One use of a buffer by an op.
struct Use {
  std::uint32_t slice;
  OpId op;
  bool writes;
};

using UsesByBuffer = std::vector<std::vector<Use>>;

UsesByBuffer uses_of(const Plan& plan) {
  UsesByBuffer uses(plan.buffers.size());
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const OpId id{i};
    std::uint32_t slice = plan.ops[i].first_slice;
    for (const Slice& s : plan.sources(id)) uses[s.buffer.index()].push_back({slice++, id, false});
    for (const Slice& s : plan.destinations(id))
      uses[s.buffer.index()].push_back({slice++, id, true});
  }
  return uses;
}

bool is_written(const std::vector<Use>& uses) {
  return std::any_of(uses.begin(), uses.end(), [](const Use& use) { return use.writes; });
}

// --- inline data ---

// The only other use of the bytes of `use` in its buffer; null: none or several.
const Use* only_other(const Plan& plan, const std::vector<Use>& uses, const Use& use) {
  const Slice& own = plan.slices[use.slice];
  const Use* found = nullptr;
  for (const Use& other : uses) {
    if (&other == &use) continue;
    const Slice& slice = plan.slices[other.slice];
    const bool apart =
        slice.offset + slice.size <= own.offset || own.offset + own.size <= slice.offset;
    if (apart) continue;
    if (found != nullptr) return nullptr;
    found = &other;
  }
  return found;
}

constexpr std::int64_t kMostInline = std::int64_t{1} << 30;  // indices have 32 bits there

bool fits_wire_format(const Plan& plan, const Slice& slice) {
  return plan.buffer(slice.buffer).role == models::BufferRole::scratch && slice.size.count > 0 &&
         slice.size.count % 16 == 0 && slice.offset.count % 16 == 0;
}

bool is_inline_kind(Edge edge) { return edge == Edge::inline_ll || edge == Edge::inline_ll128; }

// Kind of the inline edge between two ops; anything else: there is none.
Edge inline_dep(const Plan& plan, OpId reader, OpId writer) {
  for (const models::Dep& d : plan.deps_of(reader))
    if (d.id() == writer && is_inline_kind(d.kind())) return d.kind();
  return Edge::flag_fenced;
}

// All operands of an op in one go are 16 bytes wide when some are inline.
bool operands_are_wide(const Plan& plan, OpId op) {
  const auto wide = [](const Slice& s) { return (s.offset.count | s.size.count) % 16 == 0; };
  const auto sources = plan.sources(op);
  const auto destinations = plan.destinations(op);
  return plan.lane(plan.op(op).lane).vector_bytes >= 16 &&
         std::all_of(sources.begin(), sources.end(), wide) &&
         std::all_of(destinations.begin(), destinations.end(), wide);
}

bool runs_on_sms(const Plan& plan, OpId op) {
  return plan.lane(plan.op(op).lane).engine == models::Engine::sm;
}

// Scans read and write plain memory only; copy engines know no wire format.
bool can_be_inline(const Plan& plan, OpId op) {
  const OpKind kind = plan.op(op).kind;
  return runs_on_sms(plan, op) && (kind == OpKind::copy || kind == OpKind::reduce) &&
         operands_are_wide(plan, op);
}

bool has_whole_warps(const Plan& plan, OpId op) {
  return plan.lane(plan.op(op).lane).threads % 32 == 0;
}

void find_inline_edges(const Plan& plan, const UsesByBuffer& uses, FusedScope& scope) {
  scope.inline_slices.assign(plan.slices.size(), 0);
  for (const std::vector<Use>& of_buffer : uses)
    for (const Use& use : of_buffer) {
      if (!use.writes) continue;
      const Slice& slice = plan.slices[use.slice];
      const Use* reader = only_other(plan, of_buffer, use);
      if (reader == nullptr || reader->writes || !fits_wire_format(plan, slice)) continue;
      const Slice& read = plan.slices[reader->slice];
      const bool same = read.offset == slice.offset && read.size == slice.size;
      const Edge kind = inline_dep(plan, reader->op, use.op);
      if (!same || !is_inline_kind(kind)) continue;
      if (!can_be_inline(plan, use.op) || !can_be_inline(plan, reader->op)) continue;
      if (kind == Edge::inline_ll128 &&
          !(has_whole_warps(plan, use.op) && has_whole_warps(plan, reader->op)))
        continue;
      if (!scope.inline_edges.empty() && scope.inline_kind != kind) continue;
      scope.inline_kind = kind;
      scope.inline_edges.push_back({use.op, reader->op, use.slice, reader->slice});
      scope.inline_slices[use.slice] = scope.inline_slices[reader->slice] = 1;
    }
}

// Whether lanes share written bytes in no other way: only then do inline edges order all that they
// must order.
bool share_inline_data_only(const Plan& plan, const std::vector<Use>& uses,
                            const FusedScope& scope) {
  std::set<LaneId> lanes;
  bool written = false;
  for (const Use& use : uses) {
    if (scope.inline_slices[use.slice] != 0) continue;
    written = written || use.writes;
    lanes.insert(plan.op(use.op).lane);
  }
  return !written || lanes.size() == 1;
}

void drop_unsafe_inline_edges(const Plan& plan, const UsesByBuffer& uses, FusedScope& scope) {
  const bool safe = std::all_of(uses.begin(), uses.end(), [&](const std::vector<Use>& of_buffer) {
    return share_inline_data_only(plan, of_buffer, scope);
  });
  std::sort(scope.inline_edges.begin(), scope.inline_edges.end());
  if (safe) return;
  scope.inline_edges.clear();
  std::fill(scope.inline_slices.begin(), scope.inline_slices.end(), std::uint8_t{0});
}

// --- block scope ---

bool lanes_are_alike(const Plan& plan) {
  const auto on_sms = [](const models::Lane& lane) { return lane.engine == models::Engine::sm; };
  const auto first = std::find_if(plan.lanes.begin(), plan.lanes.end(), on_sms);
  const auto alike = [&](const models::Lane& lane) {
    return !on_sms(lane) || (lane.ctas == first->ctas && lane.threads == first->threads);
  };
  return std::all_of(plan.lanes.begin(), plan.lanes.end(), alike);
}

constexpr int kLineSplit = -1;  // of ops with LL128 operands

bool moves_lines(const Plan& plan, OpId op, const FusedScope& scope) {
  if (scope.inline_kind != Edge::inline_ll128) return false;
  const std::size_t first = plan.op(op).first_slice;
  const std::size_t count = plan.sources(op).size() + plan.destinations(op).size();
  for (std::size_t s = first; s < first + count; ++s)
    if (scope.inline_slices[s] != 0) return true;
  return false;
}

// Uses of one written buffer by sm lanes: any two are of the same bytes and split, or disjoint.
bool splits_agree(const Plan& plan, const std::vector<Use>& uses, const FusedScope& scope) {
  struct Extent {
    std::int64_t begin, end;
    int split;
    auto operator<=>(const Extent&) const = default;
  };
  std::vector<Extent> extents;
  for (const Use& use : uses) {
    const Slice& s = plan.slices[use.slice];
    if (scope.inline_slices[use.slice] != 0 || s.size.count == 0) continue;
    if (!runs_on_sms(plan, use.op)) continue;
    const Op& op = plan.op(use.op);
    if (op.kind == OpKind::compute) return false;  // nobody knows which block made what
    const int split = moves_lines(plan, use.op, scope) ? kLineSplit : static_cast<int>(op.split);
    extents.push_back({s.offset.count, s.offset.count + s.size.count, split});
  }
  std::sort(extents.begin(), extents.end());
  extents.erase(std::unique(extents.begin(), extents.end()), extents.end());
  for (std::size_t i = 1; i < extents.size(); ++i)
    if (extents[i].begin < extents[i - 1].end) return false;
  return true;
}

bool is_block_scoped(const Plan& plan, const UsesByBuffer& uses, const FusedScope& scope) {
  if (plan.lanes.empty() || !lanes_are_alike(plan)) return false;
  return std::all_of(uses.begin(), uses.end(), [&](const std::vector<Use>& of_buffer) {
    return !is_written(of_buffer) || splits_agree(plan, of_buffer, scope);
  });
}

// --- between launches ---

// Rendezvous that is the first op of each lane; -1: another op is first; -2: the lane is empty.
std::vector<std::int64_t> first_meetings(const Plan& plan) {
  std::vector<std::int64_t> first(plan.lanes.size(), -2);
  for (const Op& op : plan.ops) {
    std::int64_t& of = first[op.lane.index()];
    if (of == -2) of = op.kind == OpKind::barrier ? std::int64_t{op.detail} : -1;
  }
  return first;
}

// Whether a buffer, apart from its inline slices, is written and touched by lanes of several actors
// that have not met before.
bool needs_order(const Plan& plan, const std::vector<Use>& uses, const FusedScope& scope,
                 const std::vector<std::int64_t>& first) {
  std::set<Actor> actors;
  std::set<std::int64_t> meetings;
  bool written = false;
  for (const Use& use : uses) {
    if (scope.inline_slices[use.slice] != 0) continue;
    written = written || use.writes;
    actors.insert(actor_of(plan, plan.op(use.op).lane));
    meetings.insert(first[plan.op(use.op).lane.index()]);
  }
  return written && actors.size() > 1 && (meetings.size() > 1 || *meetings.begin() < 0);
}

// Whether some lane sends inline data to a lane that it never waits for.
bool inline_needs_order(const Plan& plan, const FusedScope& scope) {
  std::set<std::pair<LaneId, LaneId>> awaited;  // (waiting lane, other lane)
  for (std::size_t i = 0; i < plan.ops.size(); ++i)
    for (const models::Dep& d : plan.deps_of(OpId{i}))
      awaited.insert({plan.ops[i].lane, plan.op(d.id()).lane});
  return std::any_of(
      scope.inline_edges.begin(), scope.inline_edges.end(), [&](const InlineEdge& edge) {
        const LaneId sender = plan.op(edge.writer).lane;
        const LaneId receiver = plan.op(edge.reader).lane;
        const bool one_gpu =
            plan.gpu_of(plan.lane(sender).rank) == plan.gpu_of(plan.lane(receiver).rank);
        return !one_gpu && !awaited.contains({sender, receiver});
      });
}

int epochs_back(const Plan& plan, const UsesByBuffer& uses, const FusedScope& scope) {
  const std::vector<std::int64_t> first = first_meetings(plan);
  const bool shared = std::any_of(uses.begin(), uses.end(), [&](const std::vector<Use>& of_buffer) {
    return needs_order(plan, of_buffer, scope, first);
  });
  if (shared) return 1;
  return inline_needs_order(plan, scope) ? 2 : 0;
}

}  // namespace

Actor actor_of(const Plan& plan, LaneId id) {
  const models::Lane& lane = plan.lane(id);
  const bool alone = lane.engine != models::Engine::sm;
  return {plan.gpu_of(lane.rank), alone ? id : LaneId{}};
}

bool FusedScope::is_inline(OpId writer, OpId reader) const {
  const auto at =
      std::lower_bound(inline_edges.begin(), inline_edges.end(), InlineEdge{writer, reader, 0, 0});
  return at != inline_edges.end() && at->writer == writer && at->reader == reader;
}

FusedScope find_fused_scope(const Plan& plan) {
  FusedScope scope;
  const UsesByBuffer uses = uses_of(plan);
  find_inline_edges(plan, uses, scope);
  drop_unsafe_inline_edges(plan, uses, scope);
  scope.blocks = is_block_scoped(plan, uses, scope);
  scope.epochs_back = epochs_back(plan, uses, scope);
  return scope;
}

}  // namespace twinlink::realgpu
