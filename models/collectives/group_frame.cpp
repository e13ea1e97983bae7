#include "models/collectives/group_frame.h"

#include "models/collectives/all_to_all_blocks.h"

namespace twinlink::models {
namespace {

struct Sizes {
  Bytes input, output;
};

Sizes sizes_of(const CollectiveRequest& request, const AllToAllBlocks& blocks,
               std::int64_t member) {
  const std::int64_t members = blocks.size(), element = size_of(request.element);
  const auto dealt = [&] {
    return Bytes{share(member, members, elements_of(request)).count * element};
  };
  switch (request.operation) {
    case Operation::reduce_scatter: return {request.bytes, dealt()};
    case Operation::all_gather: return {dealt(), request.bytes};
    case Operation::all_to_all:
      return {{blocks.input(member) * element}, {blocks.output(member) * element}};
    case Operation::all_reduce:
    case Operation::broadcast:
    case Operation::sendrecv:
    case Operation::scan:
    case Operation::exscan: break;
  }
  return {request.bytes, request.bytes};
}

}  // namespace

std::vector<std::vector<Rank>> groups_of(const CollectiveRequest& request) {
  if (!request.groups.empty()) return request.groups;
  std::vector<Rank> all(request.gpu_of_rank.size());
  for (std::size_t r = 0; r < all.size(); ++r) all[r] = Rank{r};
  return {all};
}

std::vector<std::int64_t> group_sizes(const CollectiveRequest& request) {
  if (request.groups.empty()) return {static_cast<std::int64_t>(request.gpu_of_rank.size())};
  std::vector<std::int64_t> sizes;
  for (const auto& group : request.groups) sizes.push_back(static_cast<std::int64_t>(group.size()));
  return sizes;
}

std::int64_t elements_of(const CollectiveRequest& request) {
  return request.bytes.count / size_of(request.element);
}

std::int32_t length_of(const CollectiveRequest& request, Rank rank) {
  return request.lengths.empty() ? 1 : request.lengths[rank.index()];
}

PlanBuilder start_plan(const CollectiveRequest& request, std::string_view algorithm) {
  std::string name = std::string(name_of(request.operation)) + "/" + std::string(algorithm);
  PlanBuilder builder(std::move(name), request.gpu_of_rank);
  std::size_t members = 0;
  for (const std::int64_t size : group_sizes(request)) members += static_cast<std::size_t>(size);
  builder.reserve_members(members);
  return builder;
}

GroupFrame add_group_frame(PlanBuilder& builder, const CollectiveRequest& request,
                           const std::vector<Rank>& members, std::vector<std::int32_t> horizons) {
  GroupFrame frame{builder.add_group(members), {}};
  const AllToAllBlocks blocks(request, members);
  Claim claim{
      request.operation, request.suffix, frame.id, request.heads, {}, {}, std::move(horizons), {}};
  claim.counts = blocks.counts();
  frame.members.reserve(members.size());
  claim.inputs.reserve(members.size());
  claim.outputs.reserve(members.size());
  const auto size = static_cast<std::int64_t>(members.size());
  for (std::int64_t m = 0; m < size; ++m) {
    const Rank rank = members[static_cast<std::size_t>(m)];
    const Sizes sizes = sizes_of(request, blocks, m);
    const BufferId input =
        builder.add_buffer({rank, BufferRole::input, request.element, sizes.input, "input"});
    const BufferId output =
        builder.add_buffer({rank, BufferRole::output, request.element, sizes.output, "output"});
    const KernelId kernel = builder.add_kernel({rank, request.launch, builder.plan().name});
    frame.members.push_back({rank, input, output, kernel, LaneId{}});
    claim.inputs.push_back(input);
    if (!request.lengths.empty()) claim.lengths.push_back(length_of(request, rank));
    claim.outputs.push_back(output);
  }
  builder.add_claim(std::move(claim));
  return frame;
}

void add_lanes(PlanBuilder& builder, const CollectiveRequest& request, GroupFrame& frame) {
  for (Member& member : frame.members)
    member.lane = builder.add_sm_lane(member.kernel, request.shape);
}

BufferId add_scratch(PlanBuilder& builder, const CollectiveRequest& request, Rank rank,
                     std::string name) {
  return builder.add_buffer(
      {rank, BufferRole::scratch, request.element, request.bytes, std::move(name)});
}

}  // namespace twinlink::models
