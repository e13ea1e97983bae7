#pragma once
// What every builder starts from: for each group its members' buffers, claim, kernels and lanes.
//
// Out of place: a member has one input and one output. request.bytes is what nccl-tests prints as
// size, n elements:
//   all_reduce, broadcast, sendrecv, scans: every input and every output
//   reduce_scatter   every input; member r's output is share(r, P, n)
//   all_gather       every output; member r's input is share(r, P, n)
//   all_to_all       every input; member r's output is P blocks of share(r, P, n), so n where P
//                    divides n; with request.counts n is the largest input (all_to_all_blocks.h)
// Every member of every group has its own kernel, so a rank may be in several groups.
#include <algorithm>
#include <vector>

#include "models/collectives/catalogue.h"

namespace twinlink::models {

struct Member {
  Rank rank;
  BufferId input, output;
  KernelId kernel;
  LaneId lane;
};

struct GroupFrame {
  GroupId id;
  std::vector<Member> members;  // in the group's order
  [[nodiscard]] std::size_t size() const { return members.size(); }
};

// The request's groups; one group of all ranks where it names none.
std::vector<std::vector<Rank>> groups_of(const CollectiveRequest& request);
// Their sizes, without making them.
std::vector<std::int64_t> group_sizes(const CollectiveRequest& request);

std::int64_t elements_of(const CollectiveRequest& request);

// Powers of the decay that a rank's input stands for.
std::int32_t length_of(const CollectiveRequest& request, Rank rank);

// An empty plan with the request's mapping, named "<operation>/<algorithm>".
PlanBuilder start_plan(const CollectiveRequest& request, std::string_view algorithm);

// Adds group, buffers, claim (of these horizons) and kernels (lanes stay invalid).
GroupFrame add_group_frame(PlanBuilder& builder, const CollectiveRequest& request,
                           const std::vector<Rank>& members,
                           std::vector<std::int32_t> horizons = {});
// One lane of the request's shape per member.
void add_lanes(PlanBuilder& builder, const CollectiveRequest& request, GroupFrame& frame);

BufferId add_scratch(PlanBuilder& builder, const CollectiveRequest& request, Rank rank,
                     std::string name);

inline Slice slice_of(BufferId buffer, const Share& share, int element_size) {
  return {buffer, 0, {share.begin * element_size}, {share.count * element_size}};
}

// Merges the counts of groups: messages add up, the others are largest. `per_group(P)`.
template <class PerGroup>
AlgorithmCounts over_groups(const CollectiveRequest& request, PerGroup per_group) {
  AlgorithmCounts all;
  for (const std::int64_t size : group_sizes(request)) {
    const AlgorithmCounts one = per_group(size);
    all.rounds = std::max(all.rounds, one.rounds);
    all.messages += one.messages;
    all.bytes_in = std::max(all.bytes_in, one.bytes_in);
    all.bytes_out = std::max(all.bytes_out, one.bytes_out);
    all.applications = std::max(all.applications, one.applications);
  }
  return all;
}

// The slowest group's time. `per_group(P)` in seconds.
template <class PerGroup>
double slowest_group(const CollectiveRequest& request, PerGroup per_group) {
  double slowest = 0;
  for (const std::int64_t size : group_sizes(request)) slowest = std::max(slowest, per_group(size));
  return slowest;
}

// The plan's size, from that of each group. `per_group(P)`, P >= 1.
template <class PerGroup>
OpCounts sum_of_groups(const CollectiveRequest& request, PerGroup per_group) {
  OpCounts all;
  for (const std::int64_t size : group_sizes(request)) {
    const OpCounts one = per_group(static_cast<std::size_t>(size));
    all.ops += one.ops;
    all.slices += one.slices;
    all.deps += one.deps;
    all.buffers += one.buffers;
  }
  return all;
}

}  // namespace twinlink::models
