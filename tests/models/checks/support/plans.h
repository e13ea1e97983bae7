#pragma once
// Small correct plans for the tests of the checks, written out op by op, so that a mutation can be
// made at a known place. They are not the builders of models/collectives.
#include <string>
#include <vector>

#include "models/checks/proof.h"
#include "models/plan/plan_builder.h"

namespace twinlink::models::test {

struct FrameShape {
  Operation operation;
  int ranks;
  std::int64_t elements;
  bool suffix = false;
  bool in_place = false;
};

// One input and one output of `elements` fp32 per rank (all_to_all: ranks x own block), one group
// of all ranks, one claim, one kernel with one sm lane per rank (lane r on rank r).
struct Frame {
  explicit Frame(const FrameShape& shape);

  PlanBuilder builder;
  FrameShape shape;
  GroupId group;
  std::vector<BufferId> inputs, outputs;
  std::vector<KernelId> kernels;
  std::vector<LaneId> lanes;

  [[nodiscard]] LaneId lane(int rank) const { return lanes[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] BufferId input(int rank) const { return inputs[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] BufferId output(int rank) const { return outputs[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] Slice whole(BufferId buffer, std::int32_t decay_power = 0) const;
  [[nodiscard]] Share block(int index) const { return share(index, shape.ranks, shape.elements); }
  BufferId scratch(int rank);

  OpId fold(int rank, Operator oper, const std::vector<Slice>& sources, const Slice& destination,
            const std::vector<Dep>& deps = {});
  OpId copy(int rank, const Slice& source, const Slice& destination,
            const std::vector<Dep>& deps = {});
};

// fp32 elements of a buffer.
Slice part(BufferId buffer, const Share& elements, std::int32_t decay_power = 0);

// P-1 reduce steps and P-1 copy steps, step by step: op s * P + r is rank r's step s. Reduce step s
// handles chunk (r - 1 - s) mod P.
Plan ring_all_reduce(int ranks, std::int64_t elements, bool in_place = false);
// Op p makes the output of position p: the identity, a copy, then folds of the one before.
Plan chain_exscan(int ranks, std::int64_t elements, bool suffix);
// The published tree (research/scan.md section 2), with its shift; wrong for 8 ranks and more.
Plan lasp_tree(int ranks, bool suffix);
// Every rank pushes block d of its input to rank d, every copy on a lane of its own.
Plan direct_all_to_all(int ranks, std::int64_t elements);
// Meeting, own share of the sum (ops P .. 2P-1), meeting, other shares, one op each.
Plan two_shot_all_reduce(int ranks, std::int64_t elements, Edge second_meeting);

// Mutation: takes the first dependency of an op away.
void drop_first_dep(Plan& plan, int op);
// Whether a finding shows at that rank and its message names the rank and the op.
bool names(const Finding& finding, int rank, int op);
bool mentions(const Finding& finding, const std::string& words);
// All findings, one per line, for INFO.
std::string text_of(const Proof& proof);

}  // namespace twinlink::models::test
