#pragma once
// The plan: what moves, what is computed and how the work is laid out on the hardware; never how
// long it takes. Plain data in flat arrays (no virtuals, no pointers), so that the same object is
// proved, simulated, computed on the host and executed on GPUs.
//
// Order. Ops are stored in a topological order: a dependency points to a smaller OpId. Ops of one
// lane run in order of their ids. The members of a rendezvous wait for each other.
// Memory. An op costs 24 bytes, a slice 24, a dependency 4: see plan_limits.
// Push or pull follows from the lane's rank and the buffers' ranks: a remote source is pulled, a
// remote destination pushed.
// Not in the plan: the machine, times, values of decays (inputs), anything decided at run time.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/plan/claim.h"
#include "models/plan/compute.h"
#include "models/plan/vocabulary.h"
#include "topology/ids.h"
#include "topology/units.h"

namespace twinlink::models {

struct PlanLimits {
  std::int64_t ops = std::int64_t{1} << 26;  // what Dep::op can name
  std::int64_t slices = std::int64_t{1} << 28;
  int ranks = 4096;
};
inline constexpr PlanLimits kPlanLimits{};

struct Buffer {
  Rank rank;
  BufferRole role;
  ElementType element;
  Bytes size;
  std::string name;
};

// `size` bytes of `buffer` from `offset` on. decay_power: see Operator::decay_sum; 0 elsewhere.
struct Slice {
  BufferId buffer;
  std::int32_t decay_power = 0;
  Bytes offset;
  Bytes size;
};

// One launch on one rank; its sm lanes start together and each pays the launch gap once.
struct Kernel {
  Rank rank;
  LaunchMode launch;
  std::string name;
};

// An in-order queue of one rank. engine == sm: a range of `ctas` blocks of `kernel`. engine ==
// copy, nic or library: queue number `queue` of the rank's copy engines, NIC or library streams;
// kernel is invalid and the cta fields are 0.
struct Lane {
  Rank rank;
  Engine engine = Engine::sm;
  LaunchMode launch = LaunchMode::graph;
  std::int16_t vector_bytes = 0;  // bytes of one load of one thread
  KernelId kernel;
  std::int32_t ctas = 0;
  std::int16_t threads = 0;          // per CTA
  std::int16_t loads_in_flight = 0;  // per thread and source
  std::int32_t queue = 0;
  Protocol protocol = Protocol::plain;
};

struct Dep {
  std::uint32_t op : 26;
  std::uint32_t edge : 4;   // Edge
  std::uint32_t scope : 2;  // Scope
  [[nodiscard]] OpId id() const { return OpId{static_cast<std::int32_t>(op)}; }
  [[nodiscard]] Edge kind() const { return static_cast<Edge>(edge); }
  [[nodiscard]] Scope reach() const { return static_cast<Scope>(scope); }
};
static_assert(sizeof(Dep) == 4);

struct Op {
  OpKind kind;
  Operator oper = Operator::none;
  Split split = Split::contiguous;
  LoadOrder order = LoadOrder::parallel;
  LaneId lane;
  std::uint32_t first_slice =
      0;  // sources in order, then destinations; ends where the next op's begin
  std::uint32_t first_dep = 0;  // likewise
  std::uint32_t sources = 0;    // how many of the slices are sources
  std::uint32_t detail = 0;     // index into computes, rendezvous or library_calls, by kind
};
static_assert(sizeof(Op) == 24);

// One meeting of all members of a group. `edge` is flag_relaxed or flag_fenced.
struct Rendezvous {
  GroupId group;
  Edge edge = Edge::flag_fenced;
};

struct Plan {
  std::string name;                       // e.g. "exscan/blelloch"
  std::vector<std::int32_t> gpu_of_rank;  // rank -> GPU index of the topology; size = ranks
  std::vector<Group> groups;
  std::vector<Claim> claims;
  std::vector<Buffer> buffers;
  std::vector<Kernel> kernels;
  std::vector<Lane> lanes;
  std::vector<Compute> computes;
  std::vector<Rendezvous> rendezvous;
  std::vector<LibraryCall> library_calls;
  std::vector<Op> ops;
  std::vector<Slice> slices;
  std::vector<Dep> deps;

  [[nodiscard]] int ranks() const { return static_cast<int>(gpu_of_rank.size()); }
  [[nodiscard]] const Op& op(OpId id) const { return ops[id.index()]; }
  [[nodiscard]] const Lane& lane(LaneId id) const { return lanes[id.index()]; }
  [[nodiscard]] const Buffer& buffer(BufferId id) const { return buffers[id.index()]; }
  [[nodiscard]] Rank rank_of(OpId id) const { return lane(op(id).lane).rank; }
  [[nodiscard]] std::int32_t gpu_of(Rank r) const { return gpu_of_rank[r.index()]; }
  [[nodiscard]] std::span<const Slice> sources(OpId id) const {
    return {slices.data() + op(id).first_slice, op(id).sources};
  }
  [[nodiscard]] std::span<const Slice> destinations(OpId id) const {
    const bool last = id.index() + 1 == ops.size();
    const std::size_t end = last ? slices.size() : ops[id.index() + 1].first_slice;
    const std::size_t first = op(id).first_slice + op(id).sources;
    return {slices.data() + first, end - first};
  }
  [[nodiscard]] std::span<const Dep> deps_of(OpId id) const {
    const bool last = id.index() + 1 == ops.size();
    const std::size_t end = last ? deps.size() : ops[id.index() + 1].first_dep;
    return {deps.data() + op(id).first_dep, end - op(id).first_dep};
  }
  // Heap bytes held by the plan's arrays (capacity, names included).
  [[nodiscard]] std::size_t memory_bytes() const;
};

}  // namespace twinlink::models
