#pragma once
// PyTorch symmetric memory as vLLM calls it: the tensor is copied into a symmetric buffer, reduced
// there in place, and copied out: three graph nodes.
//
// Each node is a kernel of its own behind a graph edge, so each pays the launch gap. The copies are
// device-to-device copies of the CUDA runtime; their launch shape is not public and is taken as 128
// CTAs of 1024 threads with 4 loads in flight, which HBM limits.
#include <vector>

#include "models/collectives/group_frame.h"

namespace twinlink::models {

// Bytes of the largest share: packs are dealt rounded up, so the first.
Bytes largest_symm_mem_share(const CollectiveRequest& request, std::int64_t members);

// Around the kernel of one group: frame.members' lanes are those of the in-place kernel.
class SymmMemStages {
 public:
  // Adds the symmetric buffers, the three kernels per member and their lanes. The frame is made
  // with its kernels (for the in-place stage) but without lanes.
  SymmMemStages(PlanBuilder& builder, const CollectiveRequest& request, GroupFrame& frame,
                const LaneShape& shape);
  // First node of every member, and the relaxed rendezvous with which the second begins.
  void copy_in_and_meet();
  // The fenced rendezvous with which the second node ends, and the third node.
  void meet_and_copy_out();
  // Share r of every member's symmetric buffer, in the group's order; empty if the share is.
  [[nodiscard]] std::vector<Slice> share_of_all(std::size_t r) const;

 private:
  void meet_after(Edge edge, const std::vector<OpId>& copies);

  PlanBuilder& builder_;
  const GroupFrame& frame_;
  Bytes bytes_;
  std::vector<BufferId> symmetric_;
  std::vector<LaneId> in_, out_;
};

// What the in-place kernel of one member does with its share in everybody's symmetric buffer.
using InPlaceKernel = void (*)(PlanBuilder& builder, LaneId lane, const std::vector<Slice>& share);
// All three stages of every group; members without a share take part in the meetings only.
void add_symm_mem_stages(PlanBuilder& builder, const CollectiveRequest& request,
                         std::int32_t most_blocks, InPlaceKernel kernel);

}  // namespace twinlink::models
