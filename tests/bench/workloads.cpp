#include "tests/bench/workloads.h"

#include <numeric>

#include "models/collectives/catalogue.h"

namespace twinlink::bench {
namespace {

using namespace models;

constexpr double kFlopsPerUs = 1e6;  // at 1 TFLOP/s

CollectiveRequest request_of(Operation operation, int ranks, Bytes bytes) {
  CollectiveRequest request;
  request.operation = operation;
  request.gpu_of_rank.resize(static_cast<std::size_t>(ranks));
  std::iota(request.gpu_of_rank.begin(), request.gpu_of_rank.end(), 0);
  request.bytes = bytes;
  return request;
}

// Mixes the bits of the pair's number; the peer programs use the same sizes.
Bytes size_of_pair(std::uint32_t from, std::uint32_t to) {
  std::uint32_t x = (from * 4096 + to) * 2654435761U;
  x = (x ^ (x >> 15U)) * 2246822519U;
  return {4 * (1 + static_cast<std::int64_t>((x ^ (x >> 13U)) % (1U << 18U)))};
}

// Appends op `id` of `from` with all dependencies moved on by `shift` ops.
void append_shifted(Plan& to, const Plan& from, OpId id, std::uint32_t shift) {
  Op op = from.op(id);
  op.first_slice = static_cast<std::uint32_t>(to.slices.size());
  op.first_dep = static_cast<std::uint32_t>(to.deps.size());
  for (const Slice& slice : from.sources(id)) to.slices.push_back(slice);
  for (const Slice& slice : from.destinations(id)) to.slices.push_back(slice);
  for (Dep dep : from.deps_of(id)) {
    dep.op = (dep.op + shift) & 0x3FF'FFFF;
    to.deps.push_back(dep);
  }
  to.ops.push_back(op);
}

}  // namespace

Plan ring(int ranks) {
  const Operation operation = Operation::all_reduce;
  return build_plan(find_algorithm(operation, "ring"), request_of(operation, ranks, mib(64)));
}

Plan skewed_ring(int ranks) {
  const Plan plain = ring(ranks);
  Plan plan = plain;
  plan.ops.clear();
  plan.slices.clear();
  plan.deps.clear();
  plan.ops.reserve(plain.ops.size() + static_cast<std::size_t>(ranks));
  // The first op of the ring of rank r is op r: one lane per rank, stored step by step.
  for (int r = 0; r < ranks; ++r) {
    Op work{.kind = OpKind::compute, .lane = plain.ops[static_cast<std::size_t>(r)].lane};
    work.detail = static_cast<std::uint32_t>(plan.computes.size());
    plan.ops.push_back(work);
    plan.computes.push_back({"arrive late", 37 * r % 101 * kFlopsPerUs, {}});
  }
  for (std::size_t i = 0; i < plain.ops.size(); ++i)
    append_shifted(plan, plain, OpId{i}, static_cast<std::uint32_t>(ranks));
  return plan;
}

Plan direct_all_to_all(int ranks) {
  const Operation operation = Operation::all_to_all;
  return build_plan(find_algorithm(operation, "direct"), request_of(operation, ranks, mib(ranks)));
}

// Every op on a lane of its own, so that none waits for another.
Plan all_pairs(int ranks) {
  Plan plan = direct_all_to_all(ranks);
  std::vector<Lane> lanes;
  for (Op& op : plan.ops) {
    lanes.push_back(plan.lane(op.lane));
    op.lane = LaneId{lanes.size() - 1};
  }
  plan.lanes = std::move(lanes);
  return plan;
}

Plan random_pairs(int ranks) {
  Plan plan = all_pairs(ranks);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const std::size_t first = plan.ops[i].first_slice;
    const auto from = static_cast<std::uint32_t>(plan.rank_of(OpId{i}).value);
    const Rank to = plan.buffer(plan.slices[first + 1].buffer).rank;
    const Bytes size = size_of_pair(from, static_cast<std::uint32_t>(to.value));
    plan.slices[first].size = plan.slices[first + 1].size = size;
  }
  return plan;
}

CalibrationProfile profile() {
  CalibrationProfile result = ideal_profile();
  result.peak_flops.value = result.flops_efficiency.value = 1;
  return result;
}

}  // namespace twinlink::bench
