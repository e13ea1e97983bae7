#include "models/collectives/symm_mem_stages.h"

#include "models/collectives/shipped_kernels.h"

namespace twinlink::models {
namespace {

constexpr LaneShape kCopyShape{128, 1024, 16, 4};

LaneId add_copy_node(PlanBuilder& builder, const CollectiveRequest& request, Rank rank,
                     const char* name) {
  const KernelId kernel = builder.add_kernel({rank, request.launch, name});
  return builder.add_sm_lane(kernel, kCopyShape);
}

}  // namespace

Bytes largest_symm_mem_share(const CollectiveRequest& request, std::int64_t members) {
  return {share_rounded_up(0, members, request.bytes).size()};
}

SymmMemStages::SymmMemStages(PlanBuilder& builder, const CollectiveRequest& request,
                             GroupFrame& frame, const LaneShape& shape)
    : builder_(builder), frame_(frame), bytes_(request.bytes) {
  for (Member& member : frame.members) {
    member.lane = builder.add_sm_lane(member.kernel, shape);
    symmetric_.push_back(add_scratch(builder, request, member.rank, "symmetric"));
    in_.push_back(add_copy_node(builder, request, member.rank, "copy in"));
    out_.push_back(add_copy_node(builder, request, member.rank, "copy out"));
  }
}

std::vector<Slice> SymmMemStages::share_of_all(std::size_t r) const {
  const ByteRange share = share_rounded_up(static_cast<std::int64_t>(r),
                                           static_cast<std::int64_t>(symmetric_.size()), bytes_);
  std::vector<Slice> all;
  if (share.size() == 0) return all;
  for (const BufferId buffer : symmetric_) all.push_back(slice_of(buffer, share));
  return all;
}

void SymmMemStages::copy_in_and_meet() {
  std::vector<OpId> copies;
  for (std::size_t r = 0; r < frame_.size(); ++r)
    copies.push_back(builder_.copy(in_[r], {frame_.members[r].input, 0, {}, bytes_},
                                   {symmetric_[r], 0, {}, bytes_}, {}));
  meet_after(Edge::flag_relaxed, copies);
}

void SymmMemStages::meet_and_copy_out() {
  const std::size_t first = builder_.next_op().index();
  meet_after(Edge::flag_fenced, {});
  for (std::size_t r = 0; r < frame_.size(); ++r) {
    const Dep done = dep(OpId{first + r}, Edge::graph, Scope::kernel);
    builder_.copy(out_[r], {symmetric_[r], 0, {}, bytes_},
                  {frame_.members[r].output, 0, {}, bytes_}, std::span(&done, 1));
  }
}

void SymmMemStages::meet_after(Edge edge, const std::vector<OpId>& copies) {
  const std::uint32_t rendezvous = builder_.add_rendezvous({frame_.id, edge});
  for (std::size_t r = 0; r < frame_.size(); ++r) {
    Dep before{};
    if (!copies.empty()) before = dep(copies[r], Edge::graph, Scope::kernel);
    builder_.barrier(frame_.members[r].lane, rendezvous,
                     std::span(&before, copies.empty() ? 0 : 1));
  }
}

void add_symm_mem_stages(PlanBuilder& builder, const CollectiveRequest& request,
                         std::int32_t most_blocks, InPlaceKernel kernel) {
  for (const std::vector<Rank>& group : groups_of(request)) {
    GroupFrame frame = add_group_frame(builder, request, group);
    const auto members = static_cast<std::int64_t>(group.size());
    SymmMemStages stages(builder, request, frame,
                         symm_mem_shape(largest_symm_mem_share(request, members), most_blocks));
    stages.copy_in_and_meet();
    for (std::size_t r = 0; r < frame.size(); ++r)
      if (const std::vector<Slice> share = stages.share_of_all(r); !share.empty())
        kernel(builder, frame.members[r].lane, share);
    stages.meet_and_copy_out();
  }
}

}  // namespace twinlink::models
