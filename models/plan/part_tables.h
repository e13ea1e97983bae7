#pragma once
// A finished plan (the part) inside a plan under construction: its tables there, and its ops.
//
// Groups, rendezvous, library calls, kernels and lanes of the part are appended in order; ops are
// appended with their lane and detail renumbered. Where slices lie and what an op waits for is the
// caller's: models/plan/splice.h and models/workloads/stages.h say how.
#include <span>
#include <vector>

#include "models/plan/plan_builder.h"

namespace twinlink::models {

struct PartTables {
  std::vector<GroupId> groups;
  std::vector<std::uint32_t> rendezvous, library_calls;
  std::vector<LaneId> lanes;
};

// All tables; lanes of their own, in kernels of their own. own_lanes false: neither (the caller
// says which lanes).
PartTables add_tables(PlanBuilder& builder, const Plan& part, bool own_lanes = true);

// One op of the part as an op of the plan: `at` holds its slices and dependencies there.
struct PlacedOp {
  std::vector<Slice> sources, destinations;
  std::vector<Dep> deps;
};
OpId append_op(PlanBuilder& builder, const Plan& part, OpId id, const PartTables& tables,
               const PlacedOp& at);

}  // namespace twinlink::models
