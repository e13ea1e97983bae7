#pragma once
// Puts collectives one after another into one plan: a stage is a plan that any builder made for
// itself, laid on buffers of the plan under construction, after ops of it.
//
//   ends = append_collective(builder, stage, ends)
//
// What the stage's input and output buffers are is told (slices of the same size); its scratch
// becomes buffers of the plan, its kernels, lanes, meetings and library calls are copied, its claim
// is not: the plan says itself what it claims, and so a claim may span several stages. A rank's
// part is launched after the ops that end its work so far (graph edges, which publish what those
// kernels wrote). Builders take the inputs as given before the launch; here others make them, so
// unless the stage's members meet before they touch memory, or a library orders its own members, a
// relaxed meeting of the group is put in front.
// Where others write a rank's output and its own kernel does not wait for them, they are among its
// ends. Left out: stages that work in place on one buffer (UnsupportedError); overlap of a stage
// with the one before on the same rank.
#include <span>
#include <string>
#include <vector>

#include "models/collectives/catalogue.h"

namespace twinlink::models {

// By rank: the ops after which its work so far is done; none: from the start.
using Ends = std::vector<std::vector<OpId>>;

// One collective of one group; algorithm: of the catalogue, or "nccl" for any operation but scans.
// request.groups holds that group, in the algorithm's order; the slices are by member.
struct CollectiveStage {
  std::string algorithm;
  CollectiveRequest request;
  std::vector<Slice> inputs, outputs;
};

// Throws as build_plan does. The ends of ranks outside the group stay what they were.
Ends append_collective(PlanBuilder& builder, const CollectiveStage& stage, const Ends& after);

// The same for any plan with the same ranks. place: by buffer of `part`, where it lies; an invalid
// buffer: in memory of its own. `meeting` members meet first; empty: nobody.
struct Placement {
  std::vector<Slice> place;
  std::vector<Rank> meeting;
};
Ends append_plan(PlanBuilder& builder, const Plan& part, const Placement& placement,
                 const Ends& after);

// Edges that launch a kernel after these ops.
std::vector<Dep> launched_after(const std::vector<OpId>& ops);

// One op on a lane of a kernel of its own, after what its rank did so far.
OpId append_compute(PlanBuilder& builder, Rank rank, const LaneShape& shape, const Compute& work,
                    std::span<const Slice> reads, std::span<const Slice> writes, Ends& ends);

}  // namespace twinlink::models
