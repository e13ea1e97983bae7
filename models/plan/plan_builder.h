#pragma once
// Appends buffers, lanes and ops to a plan; the only way builders make one.
//
// Appending checks what can be checked at once (TL_ENSURE: ids in range, slices inside their
// buffers, dependencies backwards, the limits of PlanLimits); the proofs are models/checks.
// finish() gives the plan away. Call reserve_ops first when the counts are known: a plan of a
// million ops then allocates each array once.
#include <initializer_list>
#include <span>
#include <string>

#include "models/plan/plan.h"

namespace twinlink::models {

// How the sm lanes of a kernel are laid out.
struct LaneShape {
  std::int32_t ctas = 32;
  std::int16_t threads = 512;
  std::int16_t vector_bytes = 16;
  std::int16_t loads_in_flight = 4;
};

struct OpCounts {
  std::size_t ops = 0, slices = 0, deps = 0;
  std::size_t buffers = 0;  // 0: not counted
};

class PlanBuilder {
 public:
  // One GPU per rank: rank r on GPU r.
  PlanBuilder(std::string name, int ranks);
  PlanBuilder(std::string name, std::vector<std::int32_t> gpu_of_rank);

  void reserve_ops(const OpCounts& counts);
  // Room for so many kernels of one lane each, with an input and an output.
  void reserve_members(std::size_t members);

  GroupId add_group(std::vector<Rank> members);
  void add_claim(Claim claim);
  BufferId add_buffer(Buffer buffer);
  KernelId add_kernel(Kernel kernel);
  LaneId add_sm_lane(KernelId kernel, const LaneShape& shape);
  LaneId add_copy_lane(Rank rank, std::int32_t queue, LaunchMode launch);
  LaneId add_nic_lane(Rank rank, std::int32_t queue, LaunchMode launch);
  LaneId add_library_lane(Rank rank, std::int32_t queue, LaunchMode launch);
  std::uint32_t add_rendezvous(const Rendezvous& rendezvous);
  std::uint32_t add_library_call(LibraryCall call);

  // Source i -> destination i, or one source -> every destination.
  OpId copy(LaneId lane, std::span<const Slice> sources, std::span<const Slice> destinations,
            std::span<const Dep> deps, LoadOrder order = LoadOrder::parallel);
  OpId copy(LaneId lane, const Slice& source, const Slice& destination, std::span<const Dep> deps);
  OpId reduce(LaneId lane, Operator oper, std::span<const Slice> sources,
              std::span<const Slice> destinations, std::span<const Dep> deps,
              LoadOrder order = LoadOrder::parallel);
  OpId scan_reduce(LaneId lane, Operator oper, std::span<const Slice> sources,
                   std::span<const Slice> destinations, std::span<const Dep> deps);
  OpId multimem_reduce(LaneId lane, std::span<const Slice> sources,
                       std::span<const Slice> destinations, std::span<const Dep> deps);
  OpId multimem_store(LaneId lane, const Slice& source, std::span<const Slice> destinations,
                      std::span<const Dep> deps);
  OpId compute(LaneId lane, Compute work, std::span<const Slice> sources,
               std::span<const Slice> destinations, std::span<const Dep> deps);
  // One member's arrival; call once per member with the same rendezvous.
  OpId barrier(LaneId lane, std::uint32_t rendezvous, std::span<const Dep> deps);
  // One member's part of a call; call once per member with the same library call.
  OpId library(LaneId lane, std::uint32_t call, const Slice& source, const Slice& destination,
               std::span<const Dep> deps);

  // An op as it is, of the lane and detail that `head` names (models/plan/splice.h).
  OpId append(const Op& head, std::span<const Slice> sources, std::span<const Slice> destinations,
              std::span<const Dep> deps);

  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] OpId next_op() const { return OpId{plan_.ops.size()}; }
  Plan finish() { return std::move(plan_); }

 private:
  Plan plan_;
};

inline Dep dep(OpId on, Edge edge = Edge::flag_fenced, Scope scope = Scope::lane) {
  return {static_cast<std::uint32_t>(on.value) & 0x3FF'FFFF, static_cast<std::uint32_t>(edge) & 0xF,
          static_cast<std::uint32_t>(scope) & 0x3};
}

}  // namespace twinlink::models
