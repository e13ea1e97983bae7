#pragma once
// Appends a finished plan (the part: a scan, say) to a plan under construction.
//
// Groups, claims, rendezvous and ops are appended in order, renumbered, so every claim of the part
// is a claim of the whole plan and is proved there. Buffers of the part either are new, or become
// buffers that the plan has (`buffers`): the claim then speaks of those, and an op that touches one
// waits for the op that made or freed it (`ready`). Lanes of the part either are new (the part is
// launched as kernels of its own, each behind its rank's `launched_after`), or become one lane of
// the plan per rank (`lanes`): the part then runs in order with what else is on that lane.
// A compute op of the part marks the place of its rank's local work: `work` puts its ops there.
// `before` may append ops in front of an op of the part and make it wait for more: what the host
// does before each step.
// Errors: TL_ENSURE (same ranks on the same GPUs; roles and sizes of shared buffers).
// Left out: library calls in a part.
#include <functional>
#include <vector>

#include "models/plan/plan_builder.h"

namespace twinlink::models {

struct Splice {
  std::vector<BufferId> buffers;     // by buffer of the part; invalid or past the end: a new one
  std::vector<OpId> ready;           // by buffer of the part, likewise: nothing to wait for
  std::vector<LaneId> lanes;         // by rank; empty: new lanes
  std::vector<OpId> launched_after;  // by rank, for new lanes; empty: launched at the start
  // Appends the rank's local work, after `deps`, and returns its last op.
  std::function<OpId(Rank rank, std::span<const Dep> deps)> work;
  std::function<void(OpId op, std::vector<Dep>& deps)> before;  // op: of the part
};

struct Spliced {
  std::vector<OpId> ops;      // by op of the part: its op in the plan
  std::vector<LaneId> lanes;  // by lane of the part
};

Spliced splice(PlanBuilder& builder, const Plan& part, const Splice& how);

// What an op must wait for to read `buffer` (of the part) on the buffer's rank: the ops that wrote
// it, or, where the last op of one of its rank's lanes is a fenced rendezvous, that one alone.
std::vector<Dep> complete(const Plan& part, const Spliced& spliced, BufferId buffer);

// Whether an op reads or writes memory of another rank.
bool touches_others(const Plan& plan, OpId op);

}  // namespace twinlink::models
