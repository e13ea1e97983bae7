#include "models/workloads/stages.h"

#include <doctest/doctest.h>

#include "models/checks/proof.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::models;

namespace {

CollectiveRequest request_of(const Algorithm& algorithm, int ranks) {
  CollectiveRequest request;
  request.operation = algorithm.operation;
  std::vector<Rank> group;
  for (int r = 0; r < ranks; ++r) {
    request.gpu_of_rank.push_back(r);
    group.emplace_back(r);
  }
  request.groups = {group};
  request.bytes = {64L * ranks * ranks};
  request.multicast = true;
  return request;
}

// The algorithm after kernels that write its inputs, with its claim on the buffers of the plan.
Plan after_kernels(const Algorithm& algorithm, int ranks) {
  CollectiveStage stage{std::string(algorithm.name), request_of(algorithm, ranks), {}, {}};
  const Plan alone = build_plan(algorithm, stage.request);
  PlanBuilder builder("staged", ranks);
  Ends ends(static_cast<std::size_t>(ranks));
  Claim claim = alone.claims.front();
  claim.group = builder.add_group(stage.request.groups.front());
  const auto lay = [&](BufferId& id, BufferRole role) {
    const Buffer& like = alone.buffer(id);
    id = builder.add_buffer({like.rank, role, like.element, like.size, like.name});
    return Slice{id, 0, {}, like.size};
  };
  for (std::size_t m = 0; m < claim.inputs.size(); ++m) {
    stage.inputs.push_back(lay(claim.inputs[m], BufferRole::inout));
    stage.outputs.push_back(lay(claim.outputs[m], BufferRole::output));
    append_compute(builder, Rank{m}, {}, {"made", 0, {}}, {}, std::span(&stage.inputs[m], 1), ends);
  }
  ends = append_collective(builder, stage, ends);
  for (std::size_t r = 0; r < ends.size(); ++r)  // reads its own output
    append_compute(builder, Rank{r}, {}, {"used", 0, {}}, std::span(&stage.outputs[r], 1), {},
                   ends);
  builder.add_claim(std::move(claim));
  return builder.finish();
}

}  // namespace

TEST_CASE("Every algorithm of the catalogue can be a stage, unless it works in place") {
  int staged = 0;
  for (const Algorithm& algorithm : catalogue())
    for (const int ranks : {1, 2, 4, 8}) {
      if (algorithm.wrong_from > 0 && ranks >= algorithm.wrong_from) continue;
      CAPTURE(algorithm.name);
      CAPTURE(name_of(algorithm.operation));
      CAPTURE(ranks);
      const CollectiveRequest request = request_of(algorithm, ranks);
      if (algorithm.refuses != nullptr && !algorithm.refuses(request).empty()) continue;
      const Claim claim = build_plan(algorithm, request).claims.front();
      if (claim.inputs == claim.outputs) {
        CHECK_THROWS_AS(after_kernels(algorithm, ranks), UnsupportedError);
        continue;
      }
      const Proof proof = prove(after_kernels(algorithm, ranks));
      CHECK_MESSAGE(proof.correct(), (proof.correct() ? "" : proof.findings.front().message));
      ++staged;
    }
  CHECK(staged > 100);
}

TEST_CASE("Mutation: without the meeting in front, a ring reads what is not yet written") {
  Plan plan = after_kernels(find_algorithm(Operation::all_reduce, "ring"), 4);
  REQUIRE(plan.rendezvous.size() == 1);
  // Each rank meets only itself.
  plan.rendezvous.clear();
  for (Op& op : plan.ops)
    if (op.kind == OpKind::barrier) {
      plan.groups.push_back({{plan.lanes[op.lane.index()].rank}});
      op.detail = static_cast<std::uint32_t>(plan.rendezvous.size());
      plan.rendezvous.push_back({GroupId{plan.groups.size() - 1}, Edge::flag_relaxed});
    }
  const Proof proof = check_races(plan);
  REQUIRE_FALSE(proof.correct());
  CHECK(proof.findings.front().message.find("no order between them") != std::string::npos);
}
